import { linkTo, mountPath } from '../http/mount.ts';

/** Characters that none of our paths contains and that browsers interpret specially: a backslash counts as a slash. */
const strange = /[\\\s\p{C}]/u;

/**
 * Returns where to go after the sign-in: the text if it is a path of this service, with its query, else the home page. A link to the
 * sign-in page therefore can't redirect to another site.
 */
export function localPath(text: unknown): string {
  const home = linkTo('/');
  if (typeof text !== 'string' || !text.startsWith('/') || text.length > 2_000 || strange.test(text))
    return home;
  const base = 'http://local.invalid';
  if (!URL.canParse(text, base)) return home;
  const { origin, pathname, search } = new URL(text, base);
  // After dots are resolved, the text may have become another host.
  if (origin !== base || pathname.startsWith('//')) return home;
  if (!pathname.startsWith(home) && pathname !== mountPath()) return home;
  return /^\/log(in|out)\/?$/i.test(pathname.slice(home.length - 1)) ? home : pathname + search;
}
