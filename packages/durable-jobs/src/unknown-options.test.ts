import { expect, it } from 'vitest';
import { z } from 'zod';
import { createDurableJobs } from './application/create-durable-jobs.ts';
import { defineBulkQuery, defineBulkTask } from './bulk/define-task.ts';
import { defineService } from './hosted-services/define-service.ts';
import { defineWorkflow } from './jobs/job-definition.ts';
import { defineJob } from './jobs/run/define-job.ts';
import { defineMessageConsumer } from './messages/define-consumer.ts';
import { defineWorkItem } from './work-queue/define-work-item.ts';

const functions = {
  defineJob,
  defineWorkflow,
  defineService,
  defineBulkTask,
  defineBulkQuery,
  defineMessageConsumer,
  defineWorkItem,
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
    defineWorkItem({ kind: 'stamp', description: 'Stamps.', payload: z.strictObject({}), policy }),
  ).toThrow('maximumAtempts');
});
