import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { failureTypes } from '../engine/failure-types.ts';
import type { ProcessBulkResult } from './process-bulk.ts';
import type { StartBulkJobInput } from './start-bulk-job.ts';
import {
  endBulkJob,
  findBulkJob,
  markBulkPaused,
  markBulkRunning,
  pendingRanges,
  type BulkRange,
} from './rows.ts';
import { makeBulkJobOfQuery } from './make-from-query.ts';
import { processChunk } from './process-chunk.ts';
import { withHeartbeat } from '../engine/heartbeat.ts';
import type { BulkDeps } from './define-task.ts';
import { requireBulkCode, type BulkTaskRegistry } from './task-registry.ts';

/** The batches to do next. */
export interface BulkPlan {
  ranges: BulkRange[];
  /** How many of them may run side by side. */
  window: number;
  total: number;
  done: number;
  failed: number;
}

/** How the items of a job ended. `pending` ones can be tried again. */
export interface BulkEnd extends Omit<ProcessBulkResult, 'outcome'> {
  pending: number;
}

/** The bulk activities, as workflows call them. */
export type BulkActivities = ReturnType<typeof createBulkActivities>;

/** Chunks of one batch activity: some seconds of work, of which a million items make a few hundred. */
const CHUNKS_PER_BATCH = 10;
/** Batches of one plan: what keeps a run's history at a few hundred events. */
const BATCHES_PER_PLAN = 50;
/** A quarter of the heartbeat time-out. */
const HEARTBEAT_MS = 7_500;

/** What the bulk activities need. */
export interface BulkActivityDeps extends BulkDeps {
  bulkTasks: BulkTaskRegistry;
}

/**
 * The activities of bulk jobs.
 * @throws where a task or a query has no function.
 */
export function createBulkActivities(deps: BulkActivityDeps) {
  requireBulkCode(deps.bulkTasks);
  return {
    /** Makes a bulk job of what a query finds. A repeat is safe: the job's row has the key of the run that asked for it. */
    async createBulkJob({
      originKey,
      ...what
    }: StartBulkJobInput & { originKey: string }): Promise<{ bulkJobId: string }> {
      const items = deps.bulkTasks.query(what.query)?.find?.(deps.db);
      if (!items) throw notHere(`query ${what.query}`);
      const { id } = await withHeartbeat(HEARTBEAT_MS, () =>
        makeBulkJobOfQuery(deps.db, { ...what, originKey, items }),
      );
      return { bulkJobId: id };
    },

    /** Marks a job as running, or paused. A repeat changes nothing. */
    async markBulkJob({ bulkJobId, as }: { bulkJobId: string; as: 'running' | 'paused' }): Promise<void> {
      await (as === 'running' ? markBulkRunning : markBulkPaused)(deps.db, bulkJobId);
    },

    /** Finds the batches to do after a position. It changes nothing, so it can be repeated at will. */
    async planBulkBatches({ bulkJobId, after }: { bulkJobId: string; after: number }): Promise<BulkPlan> {
      const { task, total, done, failed } = await jobOf(deps, bulkJobId);
      const size = task.chunkSize * CHUNKS_PER_BATCH;
      const ranges = await pendingRanges(deps.db, bulkJobId, { after, size, count: BATCHES_PER_PLAN });
      return { ranges, window: task.window, total, done, failed };
    },

    /**
     * Does the pending items of a range, chunk by chunk. A repeat is safe: a chunk's effects commit together with its
     * items' status, so a chunk that is done is not pending any more; the heartbeat tells a repeat where to go on. A
     * cancellation ends it between two chunks, and so does a pause: then it returns where it stopped.
     */
    async processBulkBatch({
      bulkJobId,
      from,
      to,
    }: { bulkJobId: string } & BulkRange): Promise<{ stoppedAt: number | null }> {
      const context = Context.current();
      const { task } = await jobOf(deps, bulkJobId);
      const job = { id: bulkJobId, task };
      const reached: unknown = context.info.heartbeatDetails;
      let next: number | undefined = typeof reached === 'number' ? reached : from;
      const timer = setInterval(() => context.heartbeat(next), HEARTBEAT_MS);
      try {
        while (next !== undefined && next <= to) {
          if (context.cancellationSignal.aborted) throw new CancelledFailure('The batch was cancelled.');
          // Cancelled in its row alone, where its workflow was terminated.
          const { status } = await jobOf(deps, bulkJobId);
          if (status === 'paused' || status === 'cancelled') return { stoppedAt: next };
          next = await processChunk(deps, job, { from: next, to });
          context.heartbeat(next ?? to + 1);
        }
        return { stoppedAt: null };
      } finally {
        clearInterval(timer);
      }
    },

    /** Ends a job, unless items are left to be tried again. A repeat changes nothing. */
    async endBulkJob({
      bulkJobId,
      as,
    }: {
      bulkJobId: string;
      as: 'completed' | 'cancelled';
    }): Promise<BulkEnd> {
      const { job, pending } = await endBulkJob(deps.db, bulkJobId, as);
      return { total: job.total, done: job.done, failed: job.failed, pending };
    },
  };
}

async function jobOf({ db, bulkTasks }: BulkActivityDeps, id: string) {
  const job = await findBulkJob(db, id);
  if (!job) throw ApplicationFailure.nonRetryable(`there is no bulk job ${id}`, failureTypes.bulkJobNotFound);
  const task = bulkTasks.task(job.task);
  if (!task) throw notHere(`task ${job.task}`);
  return { ...job, task };
}

/** A worker of another release may have it: the next attempt may meet one that knows it. */
function notHere(what: string): ApplicationFailure {
  return ApplicationFailure.retryable(`there is no bulk ${what} here`, failureTypes.bulkTaskUnknown);
}
