import { domainToASCII } from 'node:url';
import { z } from 'zod';

/** Letters, digits and marks of any script, with dots and dashes: the characters of internationalized host names. */
const international = /^[\p{L}\p{N}\p{M}\-.。．｡\u200c\u200d]+$/u;

/** Printable ASCII before the `@`, and a host name with a top-level domain, which may be in Punycode (RFC 3492). */
const pattern =
  /^(?!\.)(?!.*\.\.)[A-Za-z0-9_'+\-.]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.)+(?:[A-Za-z]{2,}|xn--[A-Za-z0-9-]{2,59})$/;

/** The longest address that SMTP can carry (RFC 5321, 4.5.3.1.3, without the angle brackets). */
const MAX_LENGTH = 254;

/**
 * Returns an address in the form in which addresses are compared and stored: trimmed, in lower case, with the domain in ASCII, so that
 * `bücher.example` and `xn--bcher-kva.example` are the same domain.
 */
export function normaliseEmail(email: string): string {
  return withAsciiDomain(email.trim()).toLowerCase();
}

/** Returns the address with its domain in ASCII, as mail servers accept it. */
function withAsciiDomain(email: string): string {
  const at = email.lastIndexOf('@') + 1;
  const domain = email.slice(at);
  if (at === 0 || isAscii(domain) || !international.test(domain)) return email;
  return email.slice(0, at) + domainToASCII(domain);
}

/** An email address that identifies a person, in the form of {@link normaliseEmail}. */
export const emailAddress = addressOf(normaliseEmail);

/** An email address to send to. The part before the `@` is kept as it is: the mail server interprets it. */
export const recipientAddress = addressOf(withAsciiDomain);

function addressOf(write: (email: string) => string) {
  return z
    .string()
    .max(MAX_LENGTH, `must have at most ${MAX_LENGTH} characters`)
    .transform(write)
    .pipe(z.email({ error: 'must be one email address', pattern, abort: true }).max(MAX_LENGTH));
}

function isAscii(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- the whole range is what it is about
  return /^[\u0000-\u007f]*$/.test(text);
}
