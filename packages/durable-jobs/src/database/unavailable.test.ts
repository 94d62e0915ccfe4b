import { describe, expect, it } from 'vitest';
import { isDatabaseUnavailable, noteFailedConnection } from './unavailable.ts';

const withCode = (code: string): Error => Object.assign(new Error('a query failed'), { code });

describe('a database that is unavailable', () => {
  it.each(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETDOWN', '08006', '53300', '57P01', '57014'])(
    'is told by the code %s',
    (code) => expect(isDatabaseUnavailable(withCode(code))).toBe(true),
  );

  it.each(['23505', '22P02', '42703', '55000', 'ENOENT', 'CERT_HAS_EXPIRED'])(
    'is not meant by the code %s',
    (code) => expect(isDatabaseUnavailable(withCode(code))).toBe(false),
  );

  it('is told by the certificate of a connection of ours, and not by that of any other server', () => {
    const ofDatabase = withCode('CERT_HAS_EXPIRED');
    noteFailedConnection(ofDatabase);
    expect(isDatabaseUnavailable(ofDatabase)).toBe(true);
    expect(isDatabaseUnavailable(withCode('CERT_HAS_EXPIRED'))).toBe(false);
    const refused = withCode('28P01');
    noteFailedConnection(refused);
    expect(isDatabaseUnavailable(refused)).toBe(false);
  });
});
