import { expect, it } from 'vitest';
import { taskKindsOf, taskQueueNames } from './declared-queues.ts';

it("lists the application's queues between those of the library", () => {
  expect(taskQueueNames({})).toEqual(['jobs', 'bulk']);
  expect(taskQueueNames({ payments: { slots: 20 }, pdf: { slots: 1, perSecond: 2 } })).toEqual([
    'jobs',
    'payments',
    'pdf',
    'bulk',
  ]);
});

it.each(['jobs', 'bulk'])("refuses an application's queue with the name of the library's own %s", (name) => {
  expect(() => taskQueueNames({ [name]: { slots: 1 } })).toThrow(
    `the task queue ${name} is the library's own`,
  );
});

it('runs workflows on the queue of jobs alone', () => {
  expect(taskKindsOf('jobs')).toEqual(['workflow', 'activity']);
  expect(taskKindsOf('bulk')).toEqual(['activity']);
  expect(taskKindsOf('payments')).toEqual(['activity']);
});
