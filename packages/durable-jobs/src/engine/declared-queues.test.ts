import { expect, it } from 'vitest';
import { slotsOf, taskKindsOf, taskQueueNames } from './declared-queues.ts';

it("lists the application's queues between those of the library", () => {
  expect(taskQueueNames({})).toEqual(['jobs', 'mail', 'bulk', 'services']);
  expect(taskQueueNames({ payments: { slotsPerConnection: 2 }, pdf: { slots: 1, perSecond: 2 } })).toEqual([
    'jobs',
    'mail',
    'payments',
    'pdf',
    'bulk',
    'services',
  ]);
});

it.each(['jobs', 'mail', 'bulk', 'services'])(
  "refuses an application's queue with the name of the library's own %s",
  (name) => {
    expect(() => taskQueueNames({ [name]: { slots: 1 } })).toThrow(
      `the task queue ${name} is the library's own`,
    );
  },
);

it('runs workflows on the queue of jobs alone', () => {
  expect(taskKindsOf('jobs')).toEqual(['workflow', 'activity']);
  expect(taskKindsOf('bulk')).toEqual(['activity']);
  expect(taskKindsOf('payments')).toEqual(['activity']);
});

it('derives slots from the size of the database pool, one at least', () => {
  expect(slotsOf({ slots: 7 }, 10)).toBe(7);
  expect(slotsOf({ slotsPerConnection: 5 }, 10)).toBe(50);
  expect(slotsOf({ slotsPerConnection: 0.4 }, 10)).toBe(4);
  expect(slotsOf({ slotsPerConnection: 0.4 }, 2)).toBe(1);
});
