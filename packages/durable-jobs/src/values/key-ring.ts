import { createHmac } from 'node:crypto';

/** A key of the ring: 256 bits, and the id by which encrypted values refer to it. */
export interface RingKey {
  id: string;
  key: Buffer;
}

/** The keys of `PAYLOAD_KEYS`: the first encrypts, all decrypt. */
export interface KeyRing {
  encrypting: RingKey;
  find: (id: string) => RingKey | undefined;
}

const idPattern = '[A-Za-z0-9._-]{1,40}';
const idFormat = new RegExp(`^${idPattern}$`);
const entry = new RegExp(`^(${idPattern}):([A-Za-z0-9+/]{43}=)$`);

/** Whether a key of a ring can have this id. */
export const isRingKeyId = (id: string): boolean => idFormat.test(id);

/** The error of an invalid `PAYLOAD_KEYS`. Its message does not contain the text. */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError';
}

/**
 * Parses `id:base64,id:base64`.
 * @throws {KeyRingError}
 */
export function parseKeyRing(text: string): KeyRing {
  const keys = text.split(',').map((part, index): RingKey => {
    const [, id, base64] = entry.exec(part.trim()) ?? [];
    if (id === undefined || base64 === undefined) {
      throw new KeyRingError(`key ${index + 1} must be an id, a colon and 32 bytes in base64`);
    }
    return { id, key: Buffer.from(base64, 'base64') };
  });
  const byId = new Map(keys.map((key) => [key.id, key]));
  const [encrypting] = keys;
  if (!encrypting || byId.size !== keys.length) throw new KeyRingError('each id must appear only once');
  return { encrypting, find: (id) => byId.get(id) };
}

/** Returns a value that distinguishes keys with the same id, and reveals nothing about the key. */
export function fingerprint({ key }: RingKey): string {
  return createHmac('sha256', key).update('durable-jobs payload key').digest('hex').slice(0, 32);
}
