import { z } from 'zod';
import { defineWorkflow, jobId } from '../jobs/job-definition.ts';
import { continueBulkSignal, nextRoundTimer } from './signals.ts';
import { libraryQueues } from '../engine/declared-queues.ts';

const input = z.strictObject({ bulkJobId: z.uuid() });

/** Which bulk job, and where a run that continues another one goes on. */
export type ProcessBulkInput = z.infer<typeof input> & { resumeAt?: BulkPosition };

/** Where a walk over the items stands. */
export interface BulkPosition {
  /** The last position whose item was handed out in this round; -1 before the first. */
  after: number;
  /** 1 for the first walk; later ones take what a round has left to be tried again. */
  round: number;
  paused: boolean;
}

/** How many items ended how. */
export interface ProcessBulkResult {
  outcome: 'completed' | 'cancelled';
  total: number;
  done: number;
  failed: number;
}

/**
 * Walks over a bulk job's items until none is left. Started again for items that failed: a run that is just ending hears
 * of it by the signal.
 */
export const processBulk = defineWorkflow({
  type: 'processBulk',
  description: 'Processes the items of a bulk job.',
  input,
  taskQueue: libraryQueues.jobs,
  businessKey: ({ bulkJobId }) => bulkJobId,
  summary: ({ bulkJobId }) => `Bulk job ${bulkJobId}`,
  startPolicy: 'signal',
  delayingTimers: [nextRoundTimer],
  startSignal: () => ({ name: continueBulkSignal.name, argument: undefined }),
});

/** The id of the job, and of the workflow, that processes a bulk job's items. */
export function processBulkId(bulkJobId: string): string {
  return jobId(processBulk, { bulkJobId });
}
