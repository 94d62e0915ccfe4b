import { z } from 'zod';
import { optionOf } from '../values/check-options.ts';
import type { DurableJobsOptions, RunWorkerOptions } from './options.ts';

const listOrFunction = z.union([optionOf.list, optionOf.function], {
  error: 'must be a list, or a function that returns one',
});

const limits = { perSecond: z.number().positive('must be more than 0').optional() };

/** Limits of a task queue: exactly one kind of slots. */
const taskQueue = z.union(
  [
    z.strictObject({ slots: optionOf.count, ...limits }),
    z.strictObject({ slotsPerConnection: z.number().positive('must be more than 0'), ...limits }),
  ],
  { error: 'must have slots or slotsPerConnection, each more than 0, and may have perSecond' },
);

const poolSize = z
  .int('must be a whole number of 1 to 200')
  .min(1, 'must be 1 or more')
  .max(200, 'must be 200 or less');

const database = z.union(
  [
    z.string(),
    z.strictObject({
      url: z.string().optional(),
      poolSize: poolSize.optional(),
      tls: z
        .strictObject({
          ca: optionOf.text.optional(),
          cert: optionOf.text.optional(),
          key: optionOf.text.optional(),
        })
        .optional(),
    }),
  ],
  { error: 'must be a URL, or an object with url, poolSize and tls' },
);

/** Schemas of the options of `createDurableJobs`. What the definitions contain is checked by the functions that define them. */
export const durableJobsOptions: Record<keyof DurableJobsOptions, z.ZodType> = {
  jobs: optionOf.list.optional(),
  workItems: optionOf.list.optional(),
  bulkTasks: optionOf.list.optional(),
  bulkQueries: optionOf.list.optional(),
  services: optionOf.list.optional(),
  consumers: optionOf.list.optional(),
  queues: z.record(z.string(), optionOf.name, { error: 'must be an object' }).optional(),
  schedules: listOrFunction.optional(),
  rules: optionOf.object.optional(),
  effects: optionOf.object.optional(),
  taskQueues: z.record(z.string(), taskQueue, { error: 'must be an object' }).optional(),
  httpTargets: optionOf.object.optional(),
  subjectOf: optionOf.function.optional(),
  routes: optionOf.function.optional(),
  database: database.optional(),
  temporal: z
    .strictObject(
      {
        address: optionOf.text.optional(),
        namespace: optionOf.text.optional(),
        apiKey: optionOf.text.optional(),
        tls: optionOf.flag.optional(),
      },
      { error: ({ code }) => (code === 'invalid_type' ? 'must be an object' : undefined) },
    )
    .optional(),
  env: optionOf.object.optional(),
};

const module = z.union([z.string(), z.instanceof(URL)], { error: 'must be a path or a URL' });

/** Schemas of the options of `runWorker`. */
export const runWorkerOptions: Record<keyof RunWorkerOptions, z.ZodType> = {
  workflows: module.optional(),
  bundle: module.optional(),
  activities: z
    .union([optionOf.object, optionOf.function], {
      error: 'must be an object of functions, or a function that returns one',
    })
    .optional(),
  applySchedules: optionOf.flag.optional(),
};
