import { markup, type Markup } from '../../platform/reports/markup.ts';

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

/** How something stands, in a word and a colour. */
export type Tone = 'good' | 'bad' | 'busy' | 'idle' | 'warn';

/** A word with its colour. */
export function badge(tone: Tone, text: string): Markup {
  return markup`<span class="badge ${tone}">${text}</span>`;
}

/** A cell of a table; `kind` makes it a number, or one that may be left out on a phone. */
export interface Cell {
  content: Markup | string;
  kind?: 'number' | 'minor';
}

/** A table that scrolls by itself where it is too wide. Its first column names the row. */
export function table(
  name: string,
  head: readonly (string | Cell)[],
  rows: readonly (readonly (Markup | string | Cell)[])[],
): Markup {
  const cellOf = (cell: Markup | string | Cell): Cell =>
    typeof cell === 'object' && 'content' in cell ? cell : { content: cell };
  const classOf = ({ kind }: Cell) => kind !== undefined && markup` class="${kind}"`;
  return markup`<div class="scroll" role="region" aria-label="${name}" tabindex="0"><table>
<thead><tr>${head.map((given) => {
    const cell = cellOf(given);
    return markup`<th scope="col"${classOf(cell)}>${cell.content}</th>`;
  })}</tr></thead>
<tbody>${rows.map(
    ([first = '', ...rest]) => markup`<tr><th scope="row">${cellOf(first).content}</th>${rest.map((given) => {
      const cell = cellOf(given);
      return markup`<td${classOf(cell)}>${cell.content}</td>`;
    })}</tr>
`,
  )}</tbody></table></div>`;
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
