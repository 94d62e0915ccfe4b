import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { actOnJobs } from './act-on-jobs.ts';

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
])('an item %j has errors at %j', (item, paths) => {
  const { error } = actOnJobs.item.safeParse(item);
  expect(error?.issues.map(({ path }) => path.join('.')) ?? []).toEqual(paths);
});

it('is still an item if its time has passed since it was accepted', () => {
  const at = inDays(-1);
  expect(actOnJobs.item.parse({ ...run, action: 'reschedule', at })).toMatchObject({ at: new Date(at) });
});
