/**
 * Values that are recognized by their form: email addresses, Stripe's tokens and secret keys, our own API keys, bearer tokens, and passwords,
 * tokens and signatures in URLs. A URL's password ends at the last `@`, because a password may contain one unescaped. Each pattern is bounded,
 * and begins at the start of a word, so that the cost is linear in the length of a line.
 */
const secrets =
  /(?<=:\/\/[^\s"\\/:@]{0,64}:)(?!\d{1,5}[/,])(?:[^\s"'\\]{1,1024}(?=@)|[^\s"\\/@]+(?=@))|(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}|\b(?:pm|tok|card|src|sk|rk|whsec)_\w{4,}|\bdjk_[0-9a-f]{12}_[\w-]{43}|\bBearer [^\s"\\]+|(?<=[?#&](?:[\w-]{0,64}(?:token|password|secret|signature|key)|sig)=)[^\s"&\\]+/gi;

/** Replaces secrets and addresses in a line of a log. The words around them stay readable. */
export function scrub(line: string): string {
  return line.replace(secrets, '[redacted]');
}
