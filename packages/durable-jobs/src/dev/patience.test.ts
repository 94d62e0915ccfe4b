import { expect, it } from 'vitest';
import { withPatience } from './patience.ts';

/** The SDK's error of a slow engine. */
const slow = (): Error =>
  new Error('Failed to describe schedule', {
    cause: Object.assign(new Error('4 DEADLINE_EXCEEDED'), { code: 4 }),
  });
const away = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

it('repeats what fails because the engine or the database is not available, and says why', async () => {
  const failures = [slow(), away()];
  const reports: string[] = [];
  const work = (): Promise<string> => {
    const failure = failures.shift();
    return failure ? Promise.reject(failure) : Promise.resolve('done');
  };
  expect(
    await withPatience(work, { what: 'The step', report: (line) => reports.push(line), retryMs: 1 }),
  ).toBe('done');
  expect(reports).toEqual([
    'waiting: Failed to describe schedule: 4 DEADLINE_EXCEEDED',
    'waiting: connect ECONNREFUSED',
  ]);
});

it('fails at once with an error that would not pass', async () => {
  const work = (): Promise<void> => Promise.reject(new Error('syntax error'));
  await expect(withPatience(work, { what: 'The step', report: () => undefined })).rejects.toThrow(
    /^syntax error$/,
  );
});

it('ends when its patience is over, and when it is stopped', async () => {
  const work = (): Promise<void> => Promise.reject(slow());
  const options = { what: 'The step schedules', report: () => undefined, retryMs: 1 };
  await expect(withPatience(work, { ...options, patienceMs: 5 })).rejects.toThrow(
    'The step schedules was not available within 0.005 s: Failed to describe schedule: 4 DEADLINE_EXCEEDED',
  );
  const stopping = new AbortController();
  const waiting = withPatience(work, { ...options, signal: stopping.signal });
  stopping.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});
