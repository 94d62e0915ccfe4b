import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { explainDebounce } from '../explain/explain-debounce.ts';
import { defineWorkflow } from '../job-definition.ts';
import { createJobRegistry } from '../registry.ts';
import { defineJob } from '../run/define-job.ts';
import { scheduleDefinition } from '../../schedules/definition.ts';
import { startJobBody } from '../schemas.ts';
import { debounceOf, isDebounced } from './debounce-of.ts';

const declared = {
  type: 'reindexTenant',
  input: z.strictObject({ tenant: z.string(), page: z.string() }),
  key: ({ page }: { page: string }) => page,
  run: () => Promise.resolve(undefined),
} as const;
const input = { tenant: 'acme', page: 'home' };

it('merges by the key of the declaration, and otherwise by that of the job', () => {
  const byTenant = defineJob({
    ...declared,
    debounce: { period: '5m', key: ({ tenant }) => tenant, maxWait: '1h' },
  });
  expect(debounceOf(byTenant, input)).toEqual({
    debounceKey: 'reindexTenant:acme',
    periodMs: 300_000,
    maxWaitMs: 3_600_000,
  });
  const byJob = defineJob({ ...declared, debounce: { period: '5m' } });
  expect(debounceOf(byJob, input)).toEqual({
    debounceKey: 'reindexTenant:home',
    periodMs: 300_000,
    maxWaitMs: null,
  });
  expect(debounceOf(defineJob(declared), input)).toBeUndefined();
  const retry = { runId: 'r', businessKey: 'home', nominalTime: '2026-01-01T00:00:00Z' };
  const plain = defineJob({ ...declared, type: 'plain' });
  const jobs = createJobRegistry([byJob, plain]);
  expect(isDebounced(jobs, { jobType: byJob.type, retry: null })).toBe(true);
  expect(isDebounced(jobs, { jobType: byJob.type, retry })).toBe(false);
  expect(isDebounced(jobs, { jobType: plain.type, retry: null })).toBe(false);
  expect(isDebounced(jobs, { jobType: 'unknown', retry: null })).toBe(false);
});

it('refuses a start whose key is not valid', () => {
  const job = defineJob({ ...declared, debounce: { period: '5m', key: ({ tenant }) => tenant } });
  const body = { type: job.type, input: { ...input, tenant: '' } };
  expect(startJobBody(createJobRegistry([job])).safeParse(body).error?.issues).toMatchObject([
    { path: ['input'], message: "The job's limits: debounce.key must not be empty" },
  ]);
});

describe('a declaration that is not valid', () => {
  it.each<[unknown, string]>([
    ['5m', 'debounce must be an object with period and, optionally, key and maxWait'],
    [{}, 'debounce.period must be a duration such as 30s'],
    [{ period: '0s' }, 'debounce.period must be longer than 0s'],
    [{ period: '8d' }, 'debounce.period must be 7d or less'],
    [{ period: '5m', maxWait: '5m' }, 'debounce.maxWait must be longer than period'],
    [{ period: '5m', maxWait: '31d' }, 'debounce.maxWait must be 30d or less'],
    [{ period: '5m', key: 'tenant' }, 'debounce.key must be a function'],
    [{ period: '5m', timeout: '1h' }, 'debounce.timeout is not an option'],
  ])('%j is refused where it is written', (debounce, fault) => {
    expect(() => defineJob({ ...declared, debounce: debounce as { period: string } })).toThrow(
      new TypeError(`defineJob reindexTenant: ${fault}.`),
    );
  });

  it('is that of a job which an open run receives, and that of a schedule', () => {
    expect(() =>
      defineWorkflow({
        type: 'remind',
        description: 'Reminds.',
        input: declared.input,
        taskQueue: 'jobs',
        businessKey: declared.key,
        summary: declared.key,
        startPolicy: 'signal',
        startSignal: () => ({ name: 'remind', argument: undefined }),
        debounce: { period: '5m' },
      }),
    ).toThrow('debounce requires the startPolicy once or in-turn');
    const job = defineJob({ ...declared, debounce: { period: '5m' } });
    const schedule = { id: 'reindex', job: job.type, input, every: '1h' };
    expect(scheduleDefinition(createJobRegistry([job])).safeParse(schedule).error?.issues).toMatchObject([
      { path: ['job'], message: expect.stringContaining('without limits and debounce') as string },
    ]);
  });
});

it('explains a wait in one sentence', () => {
  const startsAt = new Date(Date.now() + 60_000);
  const latestAt = new Date(Date.now() + 3_600_000);
  const since = new Date().toISOString();
  const wait = { key: 'acme', startsAt, latestAt, replaced: 0 };
  const starts = `It starts at ${startsAt.toISOString()} if no other start of the key acme comes before`;
  expect(explainDebounce(wait, { since })).toEqual({
    code: 'waiting_for_quiet',
    sentence: `${starts}, and at ${latestAt.toISOString()} at the latest.`,
    since,
    nextAt: startsAt.toISOString(),
    debounce: { key: 'acme', replaced: 0 },
    actions: [],
  });
  const until = latestAt.toISOString();
  expect(explainDebounce({ ...wait, latestAt: null, replaced: 2 }, { since, until })).toMatchObject({
    sentence: `${starts}. It replaced 2 earlier starts. It expires at ${until}.`,
    until,
  });
});
