import { formatCount } from '../html/format.ts';
import { markup, type Markup } from '../html/markup.ts';

const format = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
});

/** A moment: in UTC, which the page's script turns into how long ago it was, or how soon it is. */
export function moment(at: Date | string): Markup {
  const date = new Date(at);
  return markup`<time datetime="${date.toISOString()}">${format.format(date)} UTC</time>`;
}

/** For how long something has been so: since when, which the script turns into `for 5 min`. */
export function span(since: Date | string): Markup {
  const date = new Date(since);
  return markup`<time datetime="${date.toISOString()}" data-span>since ${format.format(date)} UTC</time>`;
}

/** How something stands, in a word and a colour. */
export type Tone = 'good' | 'bad' | 'busy' | 'idle' | 'warn';

/** A word with its colour. */
export function badge(tone: Tone, text: string): Markup {
  return markup`<span class="badge ${tone}">${text}</span>`;
}

/** A column of a table: what heads it, and whether it holds numbers or buttons. */
export type Column = string | { name: string; kind: 'number' | 'buttons' };

/**
 * A table that scrolls by itself where it is too wide. Its first column names the row. With `cards`, a row becomes a card on a
 * phone, whose figures are named by their column.
 */
export function table(
  name: string,
  columns: readonly Column[],
  rows: readonly (readonly (Markup | string)[])[],
  { cards = false }: { cards?: boolean } = {},
): Markup {
  const heads = columns.map((column) => (typeof column === 'string' ? { name: column, kind: '' } : column));
  return markup`<div class="scroll" role="region" aria-label="${name}" tabindex="0"><table${cards && markup` class="cards"`}>
<thead><tr>${heads.map(({ name: text, kind }) => markup`<th scope="col" class="${kind}">${text}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first = '', ...rest]) => markup`<tr><th scope="row">${first}</th>${rest.map((cell, index) => {
      const head = heads[index + 1];
      return markup`<td class="${head?.kind ?? ''}" data-column="${head?.name ?? ''}">${cell}</td>`;
    })}</tr>
`,
  )}</tbody></table></div>`;
}

/** A number, which is pale where it is zero. */
export function count(value: number): Markup {
  return value === 0 ? markup`<span class="zero">0</span>` : markup`${formatCount(value)}`;
}

/** A sentence where there is nothing to show. */
export function nothing(text: string): Markup {
  return markup`<p class="empty">${text}</p>`;
}

/**
 * A button that asks the API for something, for operators. It stands in the page hidden: the script shows it, asks back, and
 * sends it.
 */
export function actionButton(action: { label: string; post: string; question: string; of: string }): Markup {
  return markup`<button type="button" class="act" hidden data-post="${action.post}" data-question="${action.question}" aria-label="${action.label} ${action.of}">${action.label}</button>`;
}
