/**
 * Up to four words of letters, with hyphens, apostrophes, and periods only at the end of a word. No digits, slashes, at signs or inner
 * periods: mail programs make no link of text that matches.
 */
const looksLikeAName = /^(?=.{1,40}$)\p{L}[\p{L}\p{M}'’-]*\.?(?: \p{L}[\p{L}\p{M}'’-]*\.?){0,3}$/u;

/**
 * Returns the first line of an email. Anyone may register anyone's address under any name, so a name is only repeated if it is short and
 * looks like a name: it must not carry a message or a link into an email of ours.
 */
export function greetingOf(name: string): string {
  return looksLikeAName.test(name) ? `Hello ${name},` : 'Hello,';
}
