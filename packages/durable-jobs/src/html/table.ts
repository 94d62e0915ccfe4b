import { markup, type Markup } from './markup.ts';

/** A column of a table: its heading, and whether it contains numbers or buttons. */
export type Column = string | { name: string; kind: 'number' | 'buttons' };

/**
 * Returns a table that scrolls horizontally if it is too wide. Its first column names the row. With `cards`, a row becomes a card on a
 * phone, whose values are labeled by their column.
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
