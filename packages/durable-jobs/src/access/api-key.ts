import { randomBytes } from 'node:crypto';
import { hashToken } from '../process/secrets.ts';

/** An API key in its two parts: the id, which everybody may see, and the secret, of which only the hash is stored. */
export interface ApiKeyParts {
  id: string;
  secret: string;
}

/** `djk_<id>_<secret>`: the prefix lets scanners of repositories find a key that was committed by mistake. */
const format = /^djk_([0-9a-f]{12})_([\w-]{43})$/;

/** Makes a key: its text, which is shown once, and what is stored of it. */
export function makeApiKey(): { id: string; key: string; secretHash: string } {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { id, key: `djk_${id}_${secret}`, secretHash: hashToken(secret) };
}

/** A key's parts, or undefined where the text is no key of this form. */
export function parseApiKey(text: string): ApiKeyParts | undefined {
  const [, id, secret] = format.exec(text) ?? [];
  return id !== undefined && secret !== undefined ? { id, secret } : undefined;
}
