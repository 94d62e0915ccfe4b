import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Fairness } from '../values/priority.ts';
import { refusalOf } from './outbox/refused-start.ts';
import { createJobRegistry } from './registry.ts';
import { defineJob } from './run/define-job.ts';
import { startJobBody } from './schemas.ts';
import { givenFairness, JobFairnessError, urgencyOf } from './urgency.ts';

const jobWith = (fairness: (input: { tenant: string }) => Fairness | undefined) =>
  defineJob({
    type: 'exportInvoices',
    input: z.strictObject({ tenant: z.string() }),
    key: ({ tenant }) => tenant,
    priority: 4,
    fairness,
    run: () => Promise.resolve(undefined),
  });
const input = { tenant: 'acme' };
const job = jobWith(({ tenant }) => ({ key: tenant, weight: 2 }));

it('takes from the definition what the start leaves out', () => {
  expect(urgencyOf(job, input, {})).toEqual({ priority: 4, fairnessKey: 'acme', fairnessWeight: 2 });
  expect(urgencyOf(job, input, { priority: 1 })).toMatchObject({ priority: 1, fairnessKey: 'acme' });
  // The weight belongs to the key.
  expect(urgencyOf(job, input, { fairness: { key: 'other' } })).toEqual({
    priority: 4,
    fairnessKey: 'other',
    fairnessWeight: null,
  });
});

it('is not derived where the caller gives it', () => {
  const invalid = jobWith(() => ({ key: '' }));
  const body = startJobBody(createJobRegistry([invalid]));
  const start = { type: invalid.type, input };
  expect(body.safeParse(start).error?.issues).toMatchObject([
    { path: ['input'], message: "The job's fairness: key must not be empty" },
  ]);
  expect(body.safeParse({ ...start, fairness: { key: 'other' } }).error).toBeUndefined();
});

it('leaves the key out if the definition returns none', () => {
  expect(
    urgencyOf(
      jobWith(() => undefined),
      input,
      {},
    ),
  ).toMatchObject({ fairnessKey: null });
});

it('needs no definition of a key', () => {
  const plain = defineJob({
    type: 'exportInvoices',
    input: z.strictObject({ tenant: z.string() }),
    key: ({ tenant }) => tenant,
    priority: 4,
    run: () => Promise.resolve(undefined),
  });
  expect(urgencyOf(plain, input, {})).toEqual({ priority: 4, fairnessKey: null, fairnessWeight: null });
});

it('is what a row has of it', () => {
  const row = { priority: 4, fairnessKey: 'acme', fairnessWeight: 2 };
  expect(givenFairness(row)).toEqual({ key: 'acme', weight: 2 });
  expect(givenFairness({ ...row, fairnessWeight: null })).toEqual({ key: 'acme' });
  expect(givenFairness({ ...row, fairnessKey: null })).toBeNull();
});

it('keeps the error of a function that cannot derive it', () => {
  const cause = new Error('no tenant');
  const failing = jobWith(() => {
    throw cause;
  });
  expect(() => urgencyOf(failing, input, {})).toThrow(expect.objectContaining({ cause }) as Error);
});

describe('a definition that derives an invalid fairness', () => {
  it.each([
    [() => ({ key: 'a'.repeat(65) }), 'key must have at most 64 bytes'],
    [() => ({ key: '' }), 'key must not be empty'],
    [() => ({ key: 'a', weight: 0 }), 'weight must be a number from 0.001 to 1000'],
    [() => null as never, 'must be an object with key and, optionally, weight'],
    [
      () => {
        throw new Error('no tenant');
      },
      'it cannot be derived from the input: no tenant',
    ],
  ])('is refused, and its start for good', (fairness, fault) => {
    const refusal = (() => {
      try {
        urgencyOf(jobWith(fairness), input, {});
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(JobFairnessError);
    expect(refusal).toMatchObject({ fault });
    expect(String(refusal)).toBe(
      `JobFairnessError: The fairness of the job exportInvoices is not valid: ${fault}.`,
    );
    expect(refusalOf(refusal)).toMatchObject({ code: 'invalid_fairness' });
  });
});
