import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tasksOnJobs } from './act-on-jobs/tasks.ts';
import { createBulkTasks, hasApplicationTasks } from '../library-bulk-tasks.ts';
import { defineBulkQuery, defineBulkTask } from './define-task.ts';
import { createBulkJobQuery } from './schemas.ts';
import { startBulkJobOf } from './start-bulk-job.ts';
import { requireBulkCode } from './task-registry.ts';

const sendReminders = defineBulkTask({
  name: 'send-reminders',
  description: 'Sends reminders.',
  item: z.strictObject({ invoiceId: z.uuid() }),
  chunkSize: 10,
  window: 2,
});
const dueInvoices = defineBulkQuery({
  name: 'due-invoices',
  description: 'Invoices that are due.',
  task: 'send-reminders',
});
const registry = createBulkTasks({ tasks: [sendReminders], queries: [dueInvoices] });

describe("an application's bulk tasks", () => {
  it("are listed before the library's own", () => {
    expect(registry.tasks.map(({ name }) => name)).toEqual([
      'send-reminders',
      'requeue-work-items',
      'act-on-jobs',
      'act-on-runs-and-starts',
    ]);
    expect(registry.queries.map(({ name }) => name)).toEqual(['due-invoices', 'dead-work-items']);
    expect(registry.task('send-reminders')).toBe(sendReminders);
    expect(registry.query('due-invoices')).toBe(dueInvoices);
    expect(registry.task('constructor')).toBeUndefined();
    expect(hasApplicationTasks(registry)).toBe(true);
    expect(hasApplicationTasks(createBulkTasks({}))).toBe(false);
  });

  it('are accepted by the API and the job startBulkJob', () => {
    const query = createBulkJobQuery(registry);
    expect(query.safeParse({ task: 'send-reminders', query: 'due-invoices' }).success).toBe(true);
    expect(query.safeParse({ task: 'import-products' }).success).toBe(false);

    const { input } = startBulkJobOf(registry);
    expect(input.safeParse({ task: 'send-reminders', query: 'due-invoices' }).success).toBe(true);
    const other = input.safeParse({ task: 'send-reminders', query: 'dead-work-items' });
    expect(other.error?.issues).toMatchObject([
      { path: ['query'], message: 'does not return items for this task' },
    ]);
  });

  it('get their functions in the worker', () => {
    expect(() => requireBulkCode(registry)).toThrow(
      'no function was passed for the bulk task send-reminders, task act-on-jobs, task act-on-runs-and-starts, query due-invoices',
    );
    const withCode = registry.with({
      tasks: [{ ...sendReminders, apply: () => Promise.resolve([]) }, ...tasksOnJobs],
      queries: [{ ...dueInvoices, find: () => Readable.from([]) }],
    });
    expect(() => requireBulkCode(withCode)).not.toThrow();
    expect(withCode.tasks.map(({ name }) => name)).toEqual(registry.tasks.map(({ name }) => name));
    expect(() => registry.with({ tasks: [{ ...sendReminders, name: 'send-reminder' }] })).toThrow(
      'the bulk task send-reminder does not exist',
    );
  });

  it('have names of their own, and queries for tasks that are there', () => {
    expect(() => createBulkTasks({ tasks: [{ ...sendReminders, name: 'act-on-jobs' }] })).toThrow(
      'the bulk task act-on-jobs is defined twice',
    );
    expect(() => createBulkTasks({ queries: [dueInvoices] })).toThrow(
      'the bulk query due-invoices is for the task send-reminders, which does not exist',
    );
  });
});
