import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { scheduleDefinition } from '../../schedules/definition.ts';
import { defineWorkflow } from '../job-definition.ts';
import { refusalOf } from '../outbox/refused-start.ts';
import { createJobRegistry } from '../registry.ts';
import { defineJob } from '../run/define-job.ts';
import { startJobBody } from '../schemas.ts';
import { capacityOfKey, isLimited, JobLimitError, limitsOf, partsOf } from './limits-of.ts';

const declared = {
  type: 'exportInvoices',
  input: z.strictObject({ tenant: z.string() }),
  key: ({ tenant }: { tenant: string }) => tenant,
  run: () => Promise.resolve(undefined),
} as const;
const input = { tenant: 'acme' };
const limited = defineJob({
  ...declared,
  concurrency: { limit: 3, key: ({ tenant }) => tenant },
  throttle: { limit: 10, period: '1m' },
});

it('names the limits of a start by their keys', () => {
  expect(limitsOf(limited, input)).toEqual([
    { limitKey: 'concurrency:exportInvoices:acme', most: 3 },
    { limitKey: 'throttle:exportInvoices:', most: 10, forMs: 60_000 },
  ]);
  expect(limitsOf(defineJob(declared), input)).toEqual([]);
  expect(limitsOf(defineJob({ ...declared, concurrency: { limit: 1, keep: 'oldest' } }), input)).toEqual([
    { limitKey: 'concurrency:exportInvoices:', most: 1, keep: 'oldest' },
  ]);
});

it('finds the limit of a key, also one that contains a colon', () => {
  const jobs = createJobRegistry([limited]);
  expect(capacityOfKey(jobs, 'concurrency:exportInvoices:a:b')).toEqual({ most: 3 });
  expect(capacityOfKey(jobs, 'throttle:exportInvoices:')).toEqual({ most: 10, forMs: 60_000 });
  expect(capacityOfKey(createJobRegistry([defineJob(declared)]), 'throttle:exportInvoices:')).toBe(
    'unlimited',
  );
  expect(capacityOfKey(jobs, 'concurrency:other:')).toBeUndefined();
});

it('knows whether a job has a limit', () => {
  const [byRuns, byTime] = [{ concurrency: { limit: 1 } }, { throttle: { limit: 1, period: '1s' } }];
  expect([byRuns, byTime, {}].map((limits) => isLimited(defineJob({ ...declared, ...limits })))).toEqual([
    true,
    true,
    false,
  ]);
});

it('takes a key apart, also one of a kind that a later release has', () => {
  expect(partsOf('throttle:exportInvoices:a:b')).toEqual({
    kind: 'throttle',
    jobType: 'exportInvoices',
    key: 'a:b',
  });
  expect(partsOf('rate:exportInvoices:')).toEqual({
    kind: 'concurrency',
    jobType: 'exportInvoices',
    key: '',
  });
  expect(partsOf('concurrency')).toEqual({ kind: 'concurrency', jobType: '', key: '' });
});

it('accepts a key of 200 bytes', () => {
  const job = defineJob({ ...declared, concurrency: { limit: 1, key: ({ tenant }) => tenant } });
  const [limit] = limitsOf(job, { tenant: 'é'.repeat(100) });
  expect(limit?.limitKey).toBe(`concurrency:exportInvoices:${'é'.repeat(100)}`);
});

describe('a key that is not valid', () => {
  it.each<[() => unknown, string]>([
    [() => '', 'concurrency.key must not be empty'],
    [() => undefined, 'concurrency.key must be a text'],
    [() => 'a'.repeat(201), 'concurrency.key must have at most 200 bytes'],
    [() => 'é'.repeat(101), 'concurrency.key must have at most 200 bytes'],
    [() => 'a\nb', 'concurrency.key must be one line without control characters'],
    [
      () => {
        throw new Error('no tenant');
      },
      'concurrency.key cannot be derived from the input: no tenant',
    ],
  ])('is refused', (key, fault) => {
    const job = defineJob({ ...declared, concurrency: { limit: 1, key: key as () => string } });
    let refusal: unknown;
    try {
      limitsOf(job, input);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(JobLimitError);
    expect(refusal).toMatchObject({ fault });
    expect(String(refusal)).toBe(
      `JobLimitError: The limit of the job exportInvoices is not valid: ${fault}.`,
    );
    expect(refusalOf(refusal)).toMatchObject({ code: 'invalid_limit' });
    expect(
      startJobBody(createJobRegistry([job])).safeParse({ type: job.type, input }).error?.issues,
    ).toMatchObject([{ path: ['input'], message: `The job's limits: ${fault}` }]);
  });
});

it('keeps the error of a key that cannot be derived', () => {
  const cause = new Error('no tenant');
  const key = (): string => {
    throw cause;
  };
  const job = defineJob({ ...declared, concurrency: { limit: 1, key } });
  expect(() => limitsOf(job, input)).toThrow(expect.objectContaining({ cause }) as Error);
});

describe('a declaration that is not valid', () => {
  it.each<[object, string]>([
    [{ concurrency: 3 }, 'concurrency must be an object with limit and, optionally, key and keep'],
    [{ concurrency: { limit: 1, keep: 'all' } }, 'concurrency.keep must be newest or oldest'],
    [{ concurrency: { limit: 2, keep: 'newest' } }, 'concurrency.limit must be 1 with keep'],
    [{ concurrency: { limit: 0 } }, 'concurrency.limit must be a whole number from 1 to 10000'],
    [{ concurrency: { limit: 1.5 } }, 'concurrency.limit must be a whole number from 1 to 10000'],
    [{ concurrency: { limit: 1, key: 'tenant' } }, 'concurrency.key must be a function'],
    [{ concurrency: { limit: 1, scope: 'all' } }, 'concurrency.scope is not an option'],
    [{ throttle: { limit: 1 } }, 'throttle.period must be a duration such as 30s'],
    [{ throttle: { limit: 1, period: '0s' } }, 'throttle.period must be longer than 0s'],
    [{ throttle: { limit: 1, period: '25h' } }, 'throttle.period must be 1d or less'],
    [{ throttle: { period: '1s' } }, 'throttle.limit must be a whole number from 1 to 10000'],
  ])('%j is refused where it is written', (limits, fault) => {
    expect(() => defineJob({ ...declared, ...limits })).toThrow(
      new TypeError(`defineJob exportInvoices: ${fault}.`),
    );
  });

  it('is that of a job which an open run receives', () => {
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
        concurrency: { limit: 1 },
      }),
    ).toThrow('concurrency and throttle require the startPolicy once or in-turn');
  });

  it('is that of a schedule, whose runs the engine starts', () => {
    const schedule = { id: 'export', job: limited.type, input, every: '1h' };
    expect(scheduleDefinition(createJobRegistry([limited])).safeParse(schedule).error?.issues).toMatchObject([
      { path: ['job'], message: expect.stringContaining('must be a job without limits') as string },
    ]);
  });
});
