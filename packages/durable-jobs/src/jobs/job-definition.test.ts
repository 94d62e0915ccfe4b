import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineWorkflow, jobId, keyOf, summaryOf, type JobDefinition } from './job-definition.ts';
import { JobKeyError } from './job-key.ts';
import { kebabCase } from './kebab-case.ts';

const sendInvoiceReminder = defineWorkflow({
  type: 'sendInvoiceReminder',
  description: 'Reminds a customer of an invoice.',
  input: z.strictObject({ invoiceId: z.string() }),
  taskQueue: 'jobs',
  businessKey: ({ invoiceId }) => invoiceId,
  summary: ({ invoiceId }) => `Reminder of invoice ${invoiceId}`,
  startPolicy: 'once',
});

describe('job ids', () => {
  it('are the job type in kebab-case and the business key', () => {
    expect(jobId(sendInvoiceReminder, { invoiceId: 'i-1' })).toBe('send-invoice-reminder:i-1');
    expect(kebabCase('sendPasswordReset')).toBe('send-password-reset');
  });

  it("have a caller's own key in place of the business key", () => {
    expect(jobId(sendInvoiceReminder, { invoiceId: 'i-1' }, 'mine')).toBe('send-invoice-reminder:mine');
    expect(jobId(sendInvoiceReminder, { invoiceId: 'i-1' }, null)).toBe('send-invoice-reminder:i-1');
  });

  it('keep the error of a key that cannot be derived', () => {
    const cause = new Error('no invoice');
    const job = {
      ...sendInvoiceReminder,
      businessKey: () => {
        throw cause;
      },
    };
    expect(() => keyOf(job, { invoiceId: 'i-1' })).toThrow(JobKeyError);
    expect(() => keyOf(job, { invoiceId: 'i-1' })).toThrow(expect.objectContaining({ cause }) as Error);
  });
});

describe('the line about a job', () => {
  it('is what its definition says, shortened to 200 bytes', () => {
    expect(summaryOf(sendInvoiceReminder, { invoiceId: 'i-1' })).toBe('Reminder of invoice i-1');
    const long = summaryOf(sendInvoiceReminder, { invoiceId: 'é'.repeat(200) });
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(200);
    expect(long).toMatch(/^Reminder of invoice é+…$/);
  });

  it('is its type in words if the definition fails', () => {
    const summary = () => {
      throw new Error('no invoice');
    };
    expect(summaryOf({ ...sendInvoiceReminder, summary }, { invoiceId: 'i-1' })).toBe(
      'send invoice reminder',
    );
  });
});

describe('the start policy of a workflow', () => {
  const limits = {
    concurrency: { limit: 1 },
    throttle: { limit: 1, period: '1s' },
    debounce: { period: '1s' },
  };
  const startSignal = () => ({ name: 'remind', argument: undefined });
  const define = (change: Partial<JobDefinition>) => () =>
    defineWorkflow({ ...(sendInvoiceReminder as JobDefinition), ...change });

  it.each(['once', 'in-turn'] as const)(
    '%s permits limits and debounce, and needs no signal',
    (startPolicy) => {
      expect(define({ startPolicy })()).toMatchObject({ startPolicy });
      expect(define({ startPolicy, ...limits })()).toMatchObject(limits);
    },
  );

  it('signal needs a signal, and excludes each of them', () => {
    expect(define({ startPolicy: 'signal', startSignal })()).toMatchObject({ startPolicy: 'signal' });
    expect(define({ startPolicy: 'signal' })).toThrow(
      'defineWorkflow sendInvoiceReminder: the startPolicy signal needs a startSignal.',
    );
    for (const [name, limit] of Object.entries(limits)) {
      expect(define({ startPolicy: 'signal', startSignal, [name]: limit })).toThrow(
        `${name === 'debounce' ? 'debounce requires' : 'concurrency and throttle require'} the startPolicy once or in-turn`,
      );
    }
  });
});
