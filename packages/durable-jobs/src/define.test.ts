import { expect, it } from 'vitest';
import { z } from 'zod';
import { createDurableJobs } from './application/create-durable-jobs.ts';
import * as define from './define.ts';

const functions = {
  defineJob: define.defineJob,
  defineWorkflow: define.defineWorkflow,
  defineService: define.defineService,
  defineBulkTask: define.defineBulkTask,
  defineBulkQuery: define.defineBulkQuery,
  defineMessageConsumer: define.defineMessageConsumer,
  defineWorkItem: define.defineWorkItem,
  createDurableJobs,
} as unknown as Record<string, (declared: object) => unknown>;

it.each(Object.keys(functions))('%s refuses an option that does not exist', (name) => {
  const declared = { type: 'remind', id: 'remind', name: 'remind', kind: 'remind', timeuot: '1h' };
  expect(() => functions[name]?.(declared)).toThrow(TypeError);
  expect(() => functions[name]?.(declared)).toThrow('timeuot');
  expect(() => functions[name]?.(declared)).toThrow(name);
});

it('refuses an unknown option of a policy of work items', () => {
  const policy = { maximumAtempts: 3 } as object;
  expect(() =>
    define.defineWorkItem({ kind: 'stamp', description: 'Stamps.', payload: z.strictObject({}), policy }),
  ).toThrow('maximumAtempts');
});
