import { z } from 'zod';
import { defineWorkflow, jobId } from '../jobs/job-definition.ts';
import { continueBulkSignal, nextRoundTimer } from './signals.ts';
import { libraryQueues } from '../engine/declared-queues.ts';

const input = z.strictObject({ bulkJobId: z.uuid() });

/** The bulk job, and the position where a continued run resumes. */
export type ProcessBulkInput = z.infer<typeof input> & { resumeAt?: BulkPosition };

/** The position of a walk over the items. */
export interface BulkPosition {
  /** The last position that was assigned to a batch in this round; -1 before the first. */
  after: number;
  /** 1 for the first walk; later rounds retry items that failed temporarily. */
  round: number;
  paused: boolean;
}

/** The number of items by outcome. */
export interface ProcessBulkResult {
  outcome: 'completed' | 'cancelled';
  total: number;
  done: number;
  failed: number;
}

/**
 * The job that processes a bulk job's items until none is left. It is started again for failed items; if its run is just ending, the signal
 * informs it.
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

/** Returns the id of the job, and its workflow, that processes a bulk job's items. */
export function processBulkId(bulkJobId: string): string {
  return jobId(processBulk, { bulkJobId });
}
