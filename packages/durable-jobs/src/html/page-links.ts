import { linkTo } from '../http/mount.ts';
import { markup, type Markup } from './markup.ts';

/** Links to the first and the next page of a list. `query` is the query of this page. */
export function pageLinks(
  path: string,
  query: Readonly<Record<string, string>>,
  nextCursor: string | null,
): Markup | false {
  const { cursor, ...rest } = query;
  if (cursor === undefined && nextCursor === null) return false;
  const to = (parameters: Record<string, string>): string => {
    const text = new URLSearchParams(parameters).toString();
    return linkTo(text === '' ? path : `${path}?${text}`);
  };
  return markup`<p class="more">${cursor !== undefined && markup`<a href="${to(rest)}" rel="first">First page</a>`}${nextCursor !== null && markup`<a href="${to({ ...rest, cursor: nextCursor })}" rel="next">Next page</a>`}</p>`;
}
