/**
 * What gives itself away wherever it stands: email addresses, Stripe's tokens and secret keys, bearer tokens, and tokens in links. Each
 * part is bounded, and begins if no word is in progress, so that a long line costs no more than its length.
 */
const secrets =
  /(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}|\b(?:pm|tok|card|src|sk|rk|whsec)_\w{4,}|\bBearer [^\s"\\]+|(?<=[?#&]token=)[^\s"&\\]+/gi;

/** Replaces secrets and addresses in a line of a log. The words around them stay readable. */
export function scrub(line: string): string {
  return line.replace(secrets, '[redacted]');
}
