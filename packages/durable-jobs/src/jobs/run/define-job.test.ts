import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jobId } from '../job-definition.ts';
import { defineJob, isFunctionJob } from './define-job.ts';

const declared = {
  type: 'sendInvoiceReminder',
  input: z.strictObject({ invoiceId: z.string() }),
  key: ({ invoiceId }: { invoiceId: string }) => invoiceId,
  run: () => Promise.resolve('sent'),
} as const;

describe('a job that is one function', () => {
  it('has all that any job has, from four lines', () => {
    const job = defineJob(declared);
    expect(isFunctionJob(job)).toBe(true);
    expect(job).toMatchObject({
      type: 'sendInvoiceReminder',
      description: 'Send invoice reminder.',
      taskQueue: 'jobs',
      startPolicy: 'in-turn',
      schedulable: true,
      policy: { taskQueue: 'jobs', timeoutMs: 300_000, retry: { maximumAttempts: 10 } },
    });
    expect(job.summary({ invoiceId: 'i-1' })).toBe('Send invoice reminder i-1');
    expect(jobId(job, { invoiceId: 'i-1' })).toBe('send-invoice-reminder:i-1');
  });

  it('runs on the queue and as long as it says', () => {
    const { policy } = defineJob({ ...declared, taskQueue: 'slow', timeout: '2h' });
    expect(policy).toMatchObject({ taskQueue: 'slow', timeoutMs: 7_200_000 });
  });

  it('stays on the version that it started with if its attempts end within a day, unless it says otherwise', () => {
    const versioningWith = (more: object) => defineJob({ ...declared, ...more }).versioning;
    expect(versioningWith({})).toBe('pinned');
    expect(versioningWith({ retry: { delays: ['20h', '5h'] } })).toBe('auto-upgrade');
    expect(versioningWith({ retry: { initialInterval: '1m' } })).toBe('auto-upgrade');
    expect(versioningWith({ timeout: '3h' })).toBe('auto-upgrade');
    expect(versioningWith({ versioning: 'auto-upgrade' })).toBe('auto-upgrade');
    expect(() => versioningWith({ versioning: 'latest' })).toThrow(
      'versioning must be one of pinned, auto-upgrade',
    );
  });

  it.each([
    ['a time-out without a unit', { timeout: '30' }],
    ['a retry policy that makes no sense', { retry: { delays: ['soon'] } }],
  ])('is refused with %s, if it is defined', (_what, more) => {
    expect(() => defineJob({ ...declared, ...more })).toThrow();
  });
});
