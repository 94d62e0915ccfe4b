import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineWorkflow, jobId } from './job-definition.ts';
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
  });
});
