import { randomBytes } from 'node:crypto';
import { hashToken } from '../process/secrets.ts';

/** The two parts of an API key: the public id, and the secret, of which only the hash is stored. */
export interface ApiKeyParts {
  id: string;
  secret: string;
}

/** `djk_<id>_<secret>`. The prefix lets secret scanners find keys that were committed by mistake. */
const format = /^djk_([0-9a-f]{12})_([\w-]{43})$/;

/** Creates a key. `key` is its text, which is shown once; `id` and `secretHash` are stored. */
export function makeApiKey(): { id: string; key: string; secretHash: string } {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { id, key: `djk_${id}_${secret}`, secretHash: hashToken(secret) };
}

/** Returns the parts of a key, or undefined if the text is not an API key. */
export function parseApiKey(text: string): ApiKeyParts | undefined {
  const [, id, secret] = format.exec(text) ?? [];
  return id !== undefined && secret !== undefined ? { id, secret } : undefined;
}
