import { describe, expect, it } from 'vitest';
import { isDatabaseOutage, isDatabaseUnavailable, noteDatabaseError } from './unavailable.ts';

const withCode = (code: string): Error => Object.assign(new Error('a query failed'), { code });

describe('a database that is unavailable', () => {
  it.each(['08006', '53300', '57P01', '57014'])('is told by the code %s', (code) =>
    expect(isDatabaseUnavailable(withCode(code))).toBe(true),
  );

  it.each(['23505', '22P02', '42703', '55000', 'ENOENT', 'CERT_HAS_EXPIRED'])(
    'is not meant by the code %s',
    (code) => expect(isDatabaseUnavailable(withCode(code))).toBe(false),
  );

  it.each(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETDOWN', 'CERT_HAS_EXPIRED'])(
    'is told by the code %s of a connection of ours, and not of one to any other server',
    (code) => {
      const ofDatabase = withCode(code);
      noteDatabaseError(ofDatabase);
      expect(isDatabaseUnavailable(ofDatabase)).toBe(true);
      expect(isDatabaseUnavailable(withCode(code))).toBe(false);
    },
  );

  it('is told by a statement whose table was changed in the middle of a transaction', () => {
    const outdated = Object.assign(new Error('cached plan must not change result type'), { code: '0A000' });
    expect(isDatabaseUnavailable(outdated)).toBe(true);
    expect(isDatabaseUnavailable(withCode('0A000'))).toBe(false);
  });

  it('is not told by the refusal of a password', () => {
    const refused = withCode('28P01');
    noteDatabaseError(refused);
    expect(isDatabaseUnavailable(refused)).toBe(false);
  });
});

describe('an error of code that calls other servers too', () => {
  const answers = () => Promise.resolve();
  const fails = () => Promise.reject(new Error('the database is away'));

  it('shows an outage if the database does not answer either', async () => {
    for (const code of ['ECONNREFUSED', 'EAI_AGAIN', '08006']) {
      expect(await isDatabaseOutage(withCode(code), fails)).toBe(true);
      expect(await isDatabaseOutage(withCode(code), answers)).toBe(false);
    }
  });

  it('shows none if it is about something else, without asking the database', async () => {
    for (const error of [
      withCode('23505'),
      withCode('CERT_HAS_EXPIRED'),
      new Error('no code'),
      'a text',
      undefined,
    ])
      expect(await isDatabaseOutage(error, () => Promise.reject(new Error('not to be asked')))).toBe(false);
  });
});
