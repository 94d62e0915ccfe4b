import { expect, it } from 'vitest';
import { z } from 'zod';
import { createDurableJobs } from './application/create-durable-jobs.ts';
import { defineBulkQuery, defineBulkTask } from './bulk/define-task.ts';
import { defineService } from './hosted-services/define-service.ts';
import { defineWorkflow } from './jobs/job-definition.ts';
import { defineJob } from './jobs/run/define-job.ts';
import { defineMessageConsumer } from './messages/define-consumer.ts';
import { defineSchedule } from './schedules/definition.ts';
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

it.each(Object.keys(functions))('%s says that it needs an object', (name) => {
  for (const declared of [null, 'remind', 17]) {
    expect(() => functions[name]?.(declared as unknown as object)).toThrow(
      new TypeError(`${name}: must be an object.`),
    );
  }
});

const item = z.strictObject({});
const job = { type: 'remind', input: item, key: () => 'a', run: () => undefined };
const workflow = {
  type: 'remind',
  description: 'Reminds.',
  input: item,
  taskQueue: 'jobs',
  businessKey: () => 'a',
  summary: () => 'a',
  startPolicy: 'once',
};
const workItem = { kind: 'stamp', description: 'Stamps.', payload: item };
const task = { name: 'stamp', description: 'Stamps.', item };
const service = { id: 'stamper', description: 'Stamps.', channel: 'stamps' };
const consumer = { id: 'stamps', description: 'Stamps.', queue: 'stamps', body: item, handle: () => [] };

it.each<[string, object, string]>([
  ['defineJob', { ...job, timeout: '0s' }, 'timeout must be longer than 0s'],
  ['defineJob', { ...job, timeout: 30 }, 'timeout must be a duration'],
  ['defineJob', { ...job, startPolicy: 'twice' }, 'startPolicy must be once or in-turn'],
  ['defineJob', { ...job, run: undefined }, 'run must be a function'],
  ['defineJob', { ...job, key: 'orderId' }, 'key must be a function'],
  ['defineJob', { ...job, input: {} }, 'input must be a Zod schema'],
  ['defineJob', { ...job, type: '' }, 'type must be a text that is not empty'],
  ['defineJob', { ...job, retry: 3 }, 'retry must be an object'],
  ['defineWorkflow', { ...workflow, startPolicy: 'twice' }, 'startPolicy must be one of once, in-turn'],
  ['defineWorkflow', { ...workflow, startPolicy: 'signal' }, 'the startPolicy signal needs a startSignal'],
  ['defineWorkflow', { ...workflow, result: 'text' }, 'result must be a Zod schema'],
  ['defineWorkItem', { ...workItem, policy: { maximumAtempts: 3 } }, 'maximumAtempts is not an option'],
  [
    'defineWorkItem',
    { ...workItem, policy: { maximumAttempts: 0 } },
    'maximumAttempts must be a whole number',
  ],
  ['defineWorkItem', { ...workItem, policy: { timeoutMs: 0 } }, 'timeoutMs must be a whole number'],
  [
    'defineWorkItem',
    { ...workItem, policy: { initialIntervalMs: NaN } },
    'initialIntervalMs must be a number',
  ],
  [
    'defineWorkItem',
    { ...workItem, policy: { backoffCoefficient: 0.5 } },
    'backoffCoefficient must be 1 or more',
  ],
  ['defineWorkItem', { ...workItem, apply: true }, 'apply must be a function'],
  ['defineBulkTask', { ...task, chunkSize: 0 }, 'chunkSize must be a whole number'],
  ['defineBulkTask', { ...task, window: 1.5 }, 'window must be a whole number'],
  ['defineBulkQuery', { name: 'unpaid', description: 'Unpaid.' }, 'task must be a text'],
  ['defineService', { ...service, channel: undefined }, 'channel must be a text'],
  ['defineMessageConsumer', { ...consumer, credit: 0 }, 'credit must be a whole number'],
  ['createDurableJobs', { jobs: {} }, 'jobs must be a list'],
  ['createDurableJobs', { database: { ulr: 'postgres://localhost' } }, 'database.ulr is not an option'],
  ['createDurableJobs', { database: { poolSize: 0 } }, 'database.poolSize must be 1 or more'],
  ['createDurableJobs', { temporal: { adress: 'localhost:7233' } }, 'temporal.adress is not an option'],
  ['createDurableJobs', { temporal: { tls: 'yes' } }, 'temporal.tls must be true or false'],
  ['createDurableJobs', { taskQueues: { maps: { slot: 3 } } }, 'taskQueues.maps must have slots'],
  [
    'createDurableJobs',
    { taskQueues: { maps: { slots: 0 } } },
    'taskQueues.maps.slots must be a whole number',
  ],
  ['createDurableJobs', { queues: { orders: 17 } }, 'queues.orders must be a text'],
])('%s refuses %o', (name, declared, fault) => {
  expect(() => functions[name]?.(declared)).toThrow(TypeError);
  expect(() => functions[name]?.(declared)).toThrow(fault);
});

it.each<[string, object]>([
  ['defineJob', job],
  ['defineWorkflow', workflow],
  ['defineWorkItem', workItem],
  ['defineBulkTask', task],
  ['defineService', service],
  ['defineMessageConsumer', consumer],
  [
    'createDurableJobs',
    { database: 'postgres://localhost', taskQueues: { maps: { slotsPerConnection: 0.2 } } },
  ],
])('%s accepts what is valid', (name, declared) => {
  expect(() => functions[name]?.(declared)).not.toThrow();
});

it('refuses options of a worker that do not exist, and two schedules with one id', async () => {
  const remind = defineJob({ type: 'remind', input: item, key: () => 'a', run: () => Promise.resolve() });
  const daily = defineSchedule({ id: 'daily', job: remind, every: '1d' });
  const durableJobs = createDurableJobs({ jobs: [remind], schedules: [daily, { ...daily }], env: {} });
  const misspelt = { workflow: './workflows.ts' } as object;
  await expect(durableJobs.runWorker(misspelt)).rejects.toThrow('runWorker: workflow is not an option.');
  expect(() => durableJobs.application().schedules('UTC')).toThrow('The schedule daily is declared twice.');
});
