/**
 * Returns ids page by page, and an empty page after the last one. `find` finds up to `atOnce` of them, those after the last one of the page
 * before; the caller gives that one, which an earlier attempt may have processed.
 */
export function inPages(
  find: (after: string | null, limit: number) => Promise<string[]>,
  { atOnce, size }: { atOnce: number; size: number },
): (after: string | null) => Promise<string[]> {
  let ids: string[] = [];
  let at = 0;
  let isLast = false;
  return async (after) => {
    if (at === ids.length && !isLast) {
      ids = await find(after, atOnce);
      at = 0;
      isLast = ids.length < atOnce;
    }
    const page = ids.slice(at, at + size);
    at += page.length;
    return page;
  };
}
