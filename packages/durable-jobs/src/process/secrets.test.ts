import { describe, expect, it } from 'vitest';
import { createSecrets, hashToken, secretsEqual } from './secrets.ts';

const secrets = createSecrets('one secret');
const others = createSecrets('another secret');

describe('values derived from the secret', () => {
  it('is the same for the same value and purpose, and different with another secret', () => {
    expect(secrets.derive('account', 'ada')).toEqual(secrets.derive('account', 'ada'));
    expect(secrets.derive('account', 'ada')).toHaveLength(32);
    expect(secrets.derive('account', 'ada')).not.toEqual(others.derive('account', 'ada'));
    expect(secrets.derive('account', 'ada')).not.toEqual(secrets.derive('account', 'grace'));
  });

  it('is the same fingerprint for the same body, whatever the order of its fields', () => {
    const fingerprint = secrets.fingerprint({ a: 1, b: { c: [1, 2], d: null } });
    expect(secrets.fingerprint({ b: { d: null, c: [1, 2] }, a: 1 })).toBe(fingerprint);
    expect(secrets.fingerprint({ b: { d: null, c: [2, 1] }, a: 1 })).not.toBe(fingerprint);
  });

  it('is never the same for two purposes', () => {
    expect(secrets.derive('reset-token', 'x')).not.toEqual(secrets.derive('account', 'x'));
    expect(secrets.fingerprint('x')).not.toBe(secrets.derive('account', '"x"').toString('hex'));
  });
});

it('stores a token as a hash', () => {
  expect(hashToken('token')).toMatch(/^[0-9a-f]{64}$/);
});

it('compares secrets of any lengths', () => {
  expect(secretsEqual('abc', 'abc')).toBe(true);
  expect(secretsEqual('abc', 'abcd')).toBe(false);
});
