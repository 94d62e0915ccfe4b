import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fingerprint, isRingKeyId, KeyRingError, parseKeyRing } from './key-ring.ts';
import { open, seal } from '../encryption/seal.ts';

const key = () => randomBytes(32).toString('base64');

describe('the key ring', () => {
  it('encrypts with its first key and finds all of them', () => {
    const [a, b] = [key(), key()];
    const ring = parseKeyRing(`new:${a}, old-1:${b}`);
    expect(ring.encrypting.id).toBe('new');
    expect(ring.find('old-1')?.key.toString('base64')).toBe(b);
    expect(ring.find('other')).toBeUndefined();
  });

  it.each([
    '',
    'k1',
    `k1:${randomBytes(16).toString('base64')}`,
    `:${key()}`,
    `k:1:${key()}`,
    `a:${key()},a:${key()}`,
    `a:${key()},`,
  ])('refuses what is none, without repeating it: %s', (text) => {
    try {
      parseKeyRing(text);
    } catch (error) {
      expect(error).toBeInstanceOf(KeyRingError);
      for (const part of text.split(/[:,]/)) if (part.length > 20) expect(String(error)).not.toContain(part);
      return;
    }
    expect.unreachable();
  });

  it('says which key is wrong, and how', () => {
    const wrong = { name: 'KeyRingError', message: 'key 2 must be an id, a colon and 32 bytes in base64' };
    expect(() => parseKeyRing(`a:${key()},b`)).toThrow(expect.objectContaining(wrong) as Error);
    expect(() => parseKeyRing(`a:${key()},a:${key()}`)).toThrow('each id must appear only once');
  });

  it('has ids of up to 40 letters, digits and marks', () => {
    for (const id of ['k1', 'A.b_c-9', 'x'.repeat(40)]) expect(isRingKeyId(id)).toBe(true);
    for (const id of ['', 'subject:1', 'a b', 'x'.repeat(41)]) expect(isRingKeyId(id)).toBe(false);
  });

  it('has fingerprints that remain the same, because they are stored', () => {
    const ring = parseKeyRing(`k1:${Buffer.alloc(32, 7).toString('base64')}`);
    expect(fingerprint(ring.encrypting)).toBe('14ed459a271adf6d944d9c38053d0b19');
  });

  it('distinguishes keys with the same id', () => {
    const ring = parseKeyRing(`a:${key()}`);
    expect(fingerprint(ring.encrypting)).toBe(fingerprint(ring.encrypting));
    expect(fingerprint(parseKeyRing(`a:${key()}`).encrypting)).not.toBe(fingerprint(ring.encrypting));
  });
});

describe('sealed data', () => {
  const secret = randomBytes(32);

  it('is another text each time, and opens with its key and purpose alone', () => {
    const sealed = seal(secret, Buffer.from('hello'), 'k1');
    expect(sealed.equals(seal(secret, Buffer.from('hello'), 'k1'))).toBe(false);
    expect(open(secret, sealed, 'k1').toString()).toBe('hello');
    expect(() => open(secret, sealed, 'k2')).toThrow();
    expect(() => open(randomBytes(32), sealed, 'k1')).toThrow();
    for (const index of [0, 13, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => open(secret, changed, 'k1')).toThrow();
    }
    expect(() => open(secret, Buffer.alloc(5), 'k1')).toThrow();
  });

  it('has a full tag: a truncated one is refused, however short the text', () => {
    const sealed = seal(secret, Buffer.alloc(0), 'k1');
    expect(sealed).toHaveLength(12 + 16);
    for (const length of [27, 24, 16, 13, 12]) {
      expect(() => open(secret, sealed.subarray(0, length), 'k1')).toThrow(/too short/);
    }
  });
});
