import { markup, type Markup } from './markup.ts';

/** A column of a table: its heading, and whether it contains numbers or buttons. */
export type Column = string | { name: string; kind: 'number' | 'buttons' };

/** A column of check boxes in front of the others: the name of the boxes, and the label and value of each row's. */
export interface PickColumn {
  name: string;
  /** `scope` is what a retry of the job may do. */
  choices: readonly { label: string; value: string; scope?: string }[];
}

/**
 * Returns a table that scrolls horizontally if it is too wide. Its first column names the row. With `cards`, a row becomes a card on a
 * phone, whose values are labeled by their column. With `pick`, operators can select rows.
 */
export function table(
  name: string,
  columns: readonly Column[],
  rows: readonly (readonly (Markup | string)[])[],
  { cards = false, pick }: { cards?: boolean; pick?: PickColumn } = {},
): Markup {
  const heads = columns.map((column) => (typeof column === 'string' ? { name: column, kind: '' } : column));
  return markup`<div class="scroll" role="group" aria-label="${name}" tabindex="0"><table${cards && markup` class="cards"`}>
<thead><tr>${pick && markup`<td class="pick"><input type="checkbox" name="every" aria-label="Select all on this page"></td>`}${heads.map(({ name: text, kind }) => markup`<th scope="col" class="${kind}">${text}</th>`)}</tr></thead>
<tbody>${rows.map(
    (
      [first = '', ...rest],
      index,
    ) => markup`<tr>${pick && pickCell(pick, index)}<th scope="row">${first}</th>${rest.map((cell, at) => {
      const head = heads[at + 1];
      return markup`<td class="${head?.kind ?? ''}" data-column="${head?.name ?? ''}">${cell}</td>`;
    })}</tr>
`,
  )}</tbody></table></div>`;
}

function pickCell({ name, choices }: PickColumn, row: number): Markup {
  const { label, value, scope } = choices[row] ?? { label: '', value: '' };
  return markup`<td class="pick"><input type="checkbox" name="${name}" value="${value}"${scope !== undefined && markup` data-scope="${scope}"`} aria-label="Select ${label}"></td>`;
}
