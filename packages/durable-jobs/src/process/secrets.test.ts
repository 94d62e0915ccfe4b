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

it('derives what earlier releases did, which rows and cookies have', () => {
  const { derive, fingerprint, earlierFingerprint, sessionMac } = secrets;
  const body = { b: 1, a: 2 };
  expect({
    account: derive('account', 'ada').toString('hex'),
    fingerprint: fingerprint(body),
    earlierFingerprint: earlierFingerprint(body),
    sessionMac: sessionMac('s'),
  }).toEqual({
    account: '42d80590d2dde1c5535e28fde951f363b4cd28b044eb0714a9d88f22324df32b',
    fingerprint: '6cb4c0a89760a051c9a40726f5aca1fe732934073bbac06cd46df5371171855d',
    earlierFingerprint: 'df449791486be436a4c19613843d499998e7557c75e1331d4b3630fd82c6d4a6',
    sessionMac: 'X6hFryS8w7qQG9fLhgSvtf4fG7uz69sW7hcQbWBNDtg',
  });
});

it('stores a token as a hash', () => {
  expect(hashToken('token')).toBe('3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0');
});

it('compares secrets of any lengths', () => {
  expect(secretsEqual('abc', 'abc')).toBe(true);
  expect(secretsEqual('abc', 'abcd')).toBe(false);
});
