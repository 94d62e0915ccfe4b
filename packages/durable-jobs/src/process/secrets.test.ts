import { describe, expect, it } from 'vitest';
import { createSecrets, hashToken, secretsEqual } from './secrets.ts';

const secrets = createSecrets('one secret');
const others = createSecrets('another secret');

describe('values derived from the secret', () => {
  it('is the same account for an address in any case, and says nothing of the address', () => {
    expect(secrets.accountKey(' Ada@Example.com ')).toBe(secrets.accountKey('ada@example.com'));
    expect(secrets.accountKey('ada@Bücher.example')).toBe(secrets.accountKey('ada@xn--bcher-kva.example'));
    expect(secrets.accountKey('ada@example.com')).toMatch(/^[0-9a-f]{32}$/);
    expect(secrets.accountKey('ada@example.com')).not.toBe(others.accountKey('ada@example.com'));
  });

  it('is the same token for every attempt of a request, and another for another request', () => {
    expect(secrets.resetToken('request 1')).toBe(secrets.resetToken('request 1'));
    expect(secrets.resetToken('request 1')).not.toBe(secrets.resetToken('request 2'));
    expect(Buffer.from(secrets.resetToken('request 1'), 'base64url')).toHaveLength(32);
  });

  it('is the same fingerprint for the same body, whatever the order of its fields', () => {
    const fingerprint = secrets.fingerprint({ a: 1, b: { c: [1, 2], d: null } });
    expect(secrets.fingerprint({ b: { d: null, c: [1, 2] }, a: 1 })).toBe(fingerprint);
    expect(secrets.fingerprint({ b: { d: null, c: [2, 1] }, a: 1 })).not.toBe(fingerprint);
  });

  it('is never the same for two purposes', () => {
    expect(secrets.resetToken('x')).not.toContain(secrets.accountKey('x').slice(0, 8));
    expect(secrets.fingerprint('x')).not.toContain(secrets.accountKey('x'));
  });
});

it('stores a token as a hash', () => {
  expect(hashToken('token')).toMatch(/^[0-9a-f]{64}$/);
});

it('compares secrets of any lengths', () => {
  expect(secretsEqual('abc', 'abc')).toBe(true);
  expect(secretsEqual('abc', 'abcd')).toBe(false);
});
