import { nothing } from './elements.ts';
import type { PageContent } from './frame.ts';
import { markup, type Markup } from './markup.ts';
import { pageLinks } from './page-links.ts';
import { searchForm, type SearchField } from './search-form.ts';
import { table, type Column } from './table.ts';

/** A list of resources as a page. */
export interface ListPage {
  title: string;
  /** One sentence that says what the list contains. */
  about?: string;
  /** Path of the list. */
  path: string;
  /** The query of the page: the search, and its place in the list. */
  query: Readonly<Record<string, string>>;
  fields?: readonly SearchField[];
  columns: readonly Column[];
  rows: readonly (readonly (Markup | string)[])[];
  nextCursor: string | null;
  /** Sentence for a list without items. */
  empty: string | Markup;
  /** Between the search and the list, such as totals or buttons for all items. */
  before?: Markup | undefined;
  /** Seconds after which the open first page is refreshed. */
  refreshSeconds?: number;
}

/** Returns a list with its search, its rows, and links to other pages of it. */
export function listPage(list: ListPage): PageContent {
  const { title, about, path, query, fields = [], columns, rows, nextCursor, empty, before } = list;
  return {
    title,
    refreshSeconds: query.cursor === undefined ? (list.refreshSeconds ?? 15) : undefined,
    content: markup`${about !== undefined && markup`<p class="note about">${about}</p>`}
${fields.length > 0 && searchForm(path, fields, query)}
${before}
<section aria-labelledby="list-title">
<h2 id="list-title" class="hidden">${title}</h2>
<div id="list-content" data-live>${rows.length === 0 ? nothing(empty) : table(title, columns, rows, { cards: true })}${pageLinks(path, query, nextCursor)}</div>
</section>`,
  };
}
