import { randomInt } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A new id in Stripe's form: a prefix that names the kind of object, then letters and digits. */
export function newId(prefix: 'pi' | 'ch' | 're' | 'pm' | 'txn' | 'req' | 'secret'): string {
  const random = Array.from({ length: 24 }, () => alphabet.charAt(randomInt(alphabet.length)));
  return `${prefix}_${random.join('')}`;
}
