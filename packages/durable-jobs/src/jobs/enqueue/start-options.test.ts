import { expect, it } from 'vitest';
import { checkStartOptions } from './start-options.ts';

it.each<[Record<string, unknown>, string]>([
  [{ dealy: '1h' }, 'dealy is not an option'],
  [{ delay: 60 }, 'delay must be a duration'],
  [{ delay: '1 fortnight' }, 'delay must be a duration'],
  [{ delay: '1h', startAt: new Date() }, 'give delay or startAt, not both'],
  [{ startAt: '2026-03-01T10:00:00Z' }, 'startAt must be a valid Date'],
  [{ startAt: new Date('soon') }, 'startAt must be a valid Date'],
  [{ expiresAt: 0 }, 'expiresAt must be a valid Date'],
  [{ expiresIn: 'never' }, 'expiresIn must be a duration'],
  [{ expiresIn: '1h', expiresAt: new Date() }, 'give expiresIn or expiresAt, not both'],
  [{ dedupeKey: '' }, 'dedupeKey'],
  [{ dedupeKey: 17 }, 'dedupeKey'],
  [{ dedupeKey: 'a\nb' }, 'dedupeKey must be one line'],
  [{ after: 'work:1' }, 'after must be an object with job and when'],
  [{ after: {} }, 'after.job must be a job id'],
  [{ after: { job: undefined } }, 'after.job must be a job id'],
  [{ after: { job: { jobId: undefined } } }, 'after.job must be a job id'],
  [{ after: { job: { id: 'work:1' } } }, 'after.job must be a job id'],
  [{ after: { job: 'nonsense' } }, 'after.job must be a job id'],
  [{ after: { job: 'work:a\nb' } }, 'after.job must be a job id'],
  [{ after: { job: 'work:1', when: 'succeeds' } }, 'after.when must be completes, fails, ends'],
  [{ after: { job: 'work:1', wenn: 'fails' } }, 'after.wenn is not an option'],
  [{ priority: 0 }, 'priority must be a whole number from 1 to 5'],
  [{ priority: 6 }, 'priority must be a whole number from 1 to 5'],
  [{ priority: 1.5 }, 'priority must be a whole number from 1 to 5'],
  [{ priority: '1' }, 'priority must be a whole number from 1 to 5'],
  [{ priority: NaN }, 'priority must be a whole number from 1 to 5'],
  [{ fairness: 'acme' }, 'fairness must be an object with key and, optionally, weight'],
  [{ fairness: {} }, 'fairness.key must be a text'],
  [{ fairness: { key: '' } }, 'fairness.key must not be empty'],
  [{ fairness: { key: ' ' } }, 'fairness.key must not be blank'],
  [{ fairness: { key: 'a\u0007b' } }, 'fairness.key must be one line without control characters'],
  [{ fairness: { key: 'é'.repeat(33) } }, 'fairness.key must have at most 64 bytes'],
  [{ fairness: { key: 'acme', weight: 0 } }, 'fairness.weight must be a number from 0.001 to 1000'],
  [{ fairness: { key: 'acme', weight: 1_001 } }, 'fairness.weight must be a number from 0.001 to 1000'],
  [{ fairness: { key: 'acme', wieght: 1 } }, 'fairness.wieght is not an option'],
])('refuses %o', (options, message) => {
  const check = () => checkStartOptions('remind', options);
  expect(check).toThrow(TypeError);
  expect(check).toThrow('remind');
  expect(check).toThrow(message);
});

it('returns durations in milliseconds, and what is waited for', () => {
  const expiresAt = new Date('2100-01-01T00:00:00Z');
  const after = { job: { jobId: 'work:1', outcome: 'accepted' } };
  expect(checkStartOptions('remind', { delay: '1.5h', expiresAt, dedupeKey: 'a', after })).toEqual({
    delayMs: 5_400_000,
    startAt: null,
    expiresAt,
    expiresInMs: null,
    dedupeKey: 'a',
    after: { jobId: 'work:1', when: 'completes' },
    priority: null,
    fairness: null,
  });
});
