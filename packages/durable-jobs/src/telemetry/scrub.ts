/**
 * Values that are recognized by their form: email addresses, Stripe's tokens and secret keys, bearer tokens, and passwords and tokens in URLs. Each
 * pattern is bounded, and begins at the start of a word, so that the cost is linear in the length of a line.
 */
const secrets =
  /(?<=:\/\/[^\s"\\/:@]{0,64}:)[^\s"\\/@]+(?=@)|(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}|\b(?:pm|tok|card|src|sk|rk|whsec)_\w{4,}|\bBearer [^\s"\\]+|(?<=[?#&](?:access_|api_|ssl)?(?:token|password|key|secret)=)[^\s"&\\]+/gi;

/** Replaces secrets and addresses in a line of a log. The words around them stay readable. */
export function scrub(line: string): string {
  return line.replace(secrets, '[redacted]');
}
