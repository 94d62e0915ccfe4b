import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { actOnJobs, actOnRunsAndStarts } from './act-on-jobs.ts';

const day = 86_400_000;
const inDays = (days: number): string => new Date(Date.now() + days * day).toISOString();
const run = { jobId: 'send-invoice:2026/17', runId: randomUUID() };

it.each([
  [{ ...run, action: 'cancel', reason: 'a test' }, []],
  [{ jobId: run.jobId, startId: 7, action: 'cancel' }, []],
  [{ ...run, action: 'reschedule', at: inDays(300) }, []],
  [{ ...run, startId: 7, action: 'cancel' }, ['runId']],
  [{ jobId: run.jobId, action: 'cancel' }, ['runId']],
  [{ jobId: run.jobId, startId: 0, action: 'cancel' }, ['startId']],
  [{ ...run, action: 'reschedule' }, ['at']],
  [{ ...run, action: 'reschedule', at: inDays(367) }, ['at']],
  [{ ...run, action: 'reschedule', at: 'tomorrow' }, ['at']],
  [{ ...run, action: 'cancel', at: inDays(1) }, ['at']],
  [{ ...run, action: 'retry', scope: 'attempt' }, []],
  [{ ...run, action: 'retry', scope: 'all' }, ['scope']],
  [{ ...run, action: 'cancel', scope: 'run' }, ['scope']],
])('an item %j has errors at %j', (item, paths) => {
  const { error } = actOnRunsAndStarts.item.safeParse(item);
  expect(error?.issues.map(({ path }) => path.join('.')) ?? []).toEqual(paths);
});

it('is still an item if its time has passed since it was accepted', () => {
  const at = inDays(-1);
  expect(actOnRunsAndStarts.item.parse({ ...run, action: 'reschedule', at })).toMatchObject({
    at: new Date(at),
  });
});

it.each([
  [{ ...run, action: 'cancel', reason: 'a test' }, true],
  [{ jobId: run.jobId, startId: 7, action: 'cancel' }, false],
  [{ ...run, action: 'reschedule', at: inDays(1) }, false],
  [{ ...run, action: 'retry', scope: 'attempt' }, false],
])('%j is an item for a worker of 0.1.0: %j', (item, isOne) => {
  expect(actOnJobs.item.safeParse(item).success).toBe(isOne);
});
