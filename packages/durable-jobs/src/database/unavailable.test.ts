import { describe, expect, it } from 'vitest';
import { isDatabaseUnavailable } from './unavailable.ts';

const withCode = (code: string): Error => Object.assign(new Error('a query failed'), { code });

describe('a database that is unavailable', () => {
  it.each([
    'ECONNREFUSED',
    'EHOSTUNREACH',
    'ENETDOWN',
    '08006',
    '53300',
    '57P01',
    '57014',
    'CERT_HAS_EXPIRED',
    'SELF_SIGNED_CERT_IN_CHAIN',
  ])('is told by the code %s', (code) => expect(isDatabaseUnavailable(withCode(code))).toBe(true));

  it.each(['23505', '22P02', '42703', '55000', 'ENOENT'])('is not meant by the code %s', (code) =>
    expect(isDatabaseUnavailable(withCode(code))).toBe(false),
  );
});
