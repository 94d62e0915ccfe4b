import { describe, expect, it } from 'vitest';
import { isDatabaseOutage, isDatabaseUnavailable, noteDatabaseError } from './unavailable.ts';

const withCode = (code: string): Error => Object.assign(new Error('a query failed'), { code });

describe('a database that is unavailable', () => {
  it.each(['23505', '22P02', '42703', '55000', 'ENOENT'])('is not recognized by the code %s', (code) => {
    const ofDatabase = withCode(code);
    noteDatabaseError(ofDatabase);
    expect(isDatabaseUnavailable(ofDatabase)).toBe(false);
  });

  it.each(['timeout exceeded when trying to connect', 'Connection terminated unexpectedly'])(
    'is recognized by the text "%s" of our own connection, and not of one to another server',
    (text) => {
      const ofDatabase = new Error(text);
      noteDatabaseError(ofDatabase);
      expect(isDatabaseUnavailable(ofDatabase)).toBe(true);
      expect(isDatabaseUnavailable(new Error(text))).toBe(false);
    },
  );

  it.each([
    '08006',
    '53300',
    '57P01',
    '57014',
    'ECONNREFUSED',
    'ECONNRESET',
    'EHOSTUNREACH',
    'ENETDOWN',
    'CERT_HAS_EXPIRED',
  ])('is recognized by the code %s of our own connection, and not of one to another server', (code) => {
    const ofDatabase = withCode(code);
    noteDatabaseError(ofDatabase);
    expect(isDatabaseUnavailable(ofDatabase)).toBe(true);
    expect(isDatabaseUnavailable(withCode(code))).toBe(false);
  });

  it('is recognized by a statement of ours whose table was changed in the middle of a transaction', () => {
    const outdated = (): Error =>
      Object.assign(new Error('cached plan must not change result type'), { code: '0A000' });
    const [ofDatabase, other] = [outdated(), withCode('0A000')];
    noteDatabaseError(ofDatabase);
    noteDatabaseError(other);
    expect(isDatabaseUnavailable(ofDatabase)).toBe(true);
    expect(isDatabaseUnavailable(outdated())).toBe(false);
    expect(isDatabaseUnavailable(other)).toBe(false);
  });

  it('is not recognized by the refusal of a password', () => {
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
      const error = withCode(code);
      expect(await isDatabaseOutage(error, answers)).toBe(false);
      expect(await isDatabaseOutage(error, fails)).toBe(true);
      // From then on, it is known as the database's.
      expect(isDatabaseUnavailable(error)).toBe(true);
    }
  });

  it('shows an outage without asking the database if it is an error of our own connection', async () => {
    const ended = withCode('57P01');
    noteDatabaseError(ended);
    // It may answer again by now.
    expect(await isDatabaseOutage(ended, answers)).toBe(true);
  });

  it('shows none if a statement of ours was too slow, and the database answers', async () => {
    const slow = withCode('57014');
    noteDatabaseError(slow);
    expect(await isDatabaseOutage(slow, answers)).toBe(false);
    expect(await isDatabaseOutage(slow, fails)).toBe(true);
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
