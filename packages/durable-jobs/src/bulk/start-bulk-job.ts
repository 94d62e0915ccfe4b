import { z } from 'zod';
import { defineWorkflow } from '../jobs/job-definition.ts';
import { libraryQueues } from '../engine/declared-queues.ts';
import type { ProcessBulkResult } from './process-bulk.ts';
import type { BulkTaskRegistry } from './task-registry.ts';

const input = z.strictObject({ task: z.string(), query: z.string() });

/** The task, and the query whose rows it processes. */
export type StartBulkJobInput = z.infer<typeof input>;

/** The bulk job that was created, and the outcome of its items. */
export interface StartBulkJobResult extends ProcessBulkResult {
  bulkJobId: string;
}

/** The job that creates a bulk job from a query and processes it. An application's registry contains it as {@link startBulkJobOf}. */
export const startBulkJob = defineWorkflow({
  type: 'startBulkJob',
  description: 'Runs a bulk task with the rows that a named query finds.',
  input,
  taskQueue: libraryQueues.jobs,
  businessKey: ({ task, query }) => `${task}.${query}`,
  summary: ({ task, query }) => `Bulk task ${task} over ${query}`,
  startPolicy: 'in-turn',
  schedulable: true,
});

/** Returns the job {@link startBulkJob} whose input must name an existing query and its task. */
export function startBulkJobOf({ tasks, queries, query: findQuery }: BulkTaskRegistry): typeof startBulkJob {
  return {
    ...startBulkJob,
    input: z
      .strictObject({
        task: z.enum(tasks.map(({ name }) => name)),
        query: z.enum(queries.map(({ name }) => name)),
      })
      .refine(({ task, query }) => findQuery(query)?.task === task, {
        path: ['query'],
        message: 'does not return items for this task',
      }),
  };
}
