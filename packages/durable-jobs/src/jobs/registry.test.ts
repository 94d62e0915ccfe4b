import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createBulkTasks } from '../library-bulk-tasks.ts';
import { createJobs } from '../library-jobs.ts';
import { defineWorkflow, jobId } from './job-definition.ts';
import { idFault } from './job-key.ts';
import { createJobRegistry, definitionOf } from './registry.ts';

const sendInvoiceReminder = defineWorkflow({
  type: 'sendInvoiceReminder',
  description: 'Reminds a customer of an invoice.',
  input: z.strictObject({ invoiceId: z.string() }),
  taskQueue: 'jobs',
  businessKey: ({ invoiceId }) => invoiceId,
  summary: ({ invoiceId }) => `Reminder of invoice ${invoiceId}`,
  startPolicy: 'once',
});
const countInvoices = defineWorkflow({
  type: 'countInvoices',
  description: 'Counts the invoices.',
  input: z.strictObject({}),
  taskQueue: 'jobs',
  businessKey: () => 'all',
  summary: () => 'Count of the invoices',
  startPolicy: 'in-turn',
  schedulable: true,
});

describe("an application's jobs", () => {
  const jobs = createJobs([sendInvoiceReminder, countInvoices], createBulkTasks({}));

  it("are found by their types, together with the library's", () => {
    expect(jobs.find('sendInvoiceReminder')).toBe(sendInvoiceReminder);
    expect(jobs.get('countInvoices')).toBe(countInvoices);
    expect(jobs.types).toEqual([
      'sendInvoiceReminder',
      'countInvoices',
      'startBulkJob',
      'processBulk',
      'hostService',
    ]);
  });

  it('may be started by people if their definitions say so', () => {
    expect(jobs.schedulable).toEqual(['countInvoices', 'startBulkJob']);
  });

  it('are no other types', () => {
    expect(jobs.has('processOrder')).toBe(false);
    expect(jobs.has('toString')).toBe(false);
    expect(jobs.find('toString')).toBeUndefined();
    expect(() => jobs.get('processOrder')).toThrow('the job type processOrder does not exist');
  });

  it('have types that no other has', () => {
    expect(() => createJobRegistry([countInvoices, countInvoices])).toThrow('countInvoices is defined twice');
    expect(() => createJobs([{ ...countInvoices, type: 'hostService' }], createBulkTasks({}))).toThrow(
      'hostService is defined twice',
    );
  });
});

it('refuses two types whose jobs would have the same ids', () => {
  const types = ['countURL', 'count-u-r-l'].map((type) => ({ ...countInvoices, type }));
  expect(() => createJobRegistry(types)).toThrow(
    'The job types countURL and count-u-r-l would have the same ids, count-u-r-l:<key>.',
  );
});

describe('the name of a job type', () => {
  it.each(['send_mail', 'sendMail2', 'mail.send', 'SendMail', 'send-mail'])('may be %s', (type) => {
    const registry = createJobRegistry([{ ...countInvoices, type }]);
    const id = jobId(registry.get(type), {});
    expect(definitionOf(registry, id)?.type).toBe(type);
    expect(idFault(id)).toBeUndefined();
  });

  it.each(['', '2send', 'send mail', 'send:mail', 'send/mail', 'sénd'])('must not be "%s"', (type) => {
    expect(() => createJobRegistry([{ ...countInvoices, type }])).toThrow(
      `the job type ${JSON.stringify(type)} must be`,
    );
  });
});
