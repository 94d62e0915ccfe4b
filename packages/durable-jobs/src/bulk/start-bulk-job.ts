import { z } from 'zod';
import { bulkQueries, bulkQueryNames, bulkTaskNames } from '../../../../contracts/bulk.ts';
import { defineJob } from '../jobs/define-job.ts';
import { libraryQueues } from '../engine/declared-queues.ts';
import type { ProcessBulkResult } from './process-bulk.ts';

const input = z
  .strictObject({ task: z.enum(bulkTaskNames), query: z.enum(bulkQueryNames) })
  .refine(({ task, query }) => bulkQueries[query].task === task, {
    path: ['query'],
    message: 'does not give items of that task',
  });

/** Which task to do with the rows of which query. */
export type StartBulkJobInput = z.infer<typeof input>;

/** The bulk job that was made, and how its items ended. */
export interface StartBulkJobResult extends ProcessBulkResult {
  bulkJobId: string;
}

/** Makes a bulk job of what a query finds, and works it off. */
export const startBulkJob = defineJob({
  type: 'startBulkJob',
  description: 'Does a bulk task with the rows that a named query finds.',
  input,
  taskQueue: libraryQueues.jobs,
  businessKey: ({ task, query }) => `${task}.${query}`,
  summary: ({ task, query }) => `Bulk task ${task} over ${query}`,
  startPolicy: 'in-turn',
  schedulable: true,
});
