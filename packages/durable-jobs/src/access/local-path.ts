import { linkTo, mountPath } from '../http/mount.ts';

/** Characters that no path of ours has, and that browsers read in ways of their own: a backslash counts as a slash. */
const strange = /[\\\s\p{C}]/u;

/**
 * Where to go after the sign-in: a path of this service with its query, or its home page where the text is anything else, so that
 * no link to the sign-in page leads anywhere else.
 */
export function localPath(text: unknown): string {
  const home = linkTo('/');
  if (typeof text !== 'string' || !text.startsWith('/') || text.length > 2_000 || strange.test(text))
    return home;
  const base = 'http://local.invalid';
  if (!URL.canParse(text, base)) return home;
  const { origin, pathname, search } = new URL(text, base);
  // Dots are resolved by now, so that what looks like a path may have become another host.
  if (origin !== base || pathname.startsWith('//')) return home;
  if (!pathname.startsWith(home) && pathname !== mountPath()) return home;
  return /^\/log(in|out)\/?$/i.test(pathname.slice(home.length - 1)) ? home : pathname + search;
}
