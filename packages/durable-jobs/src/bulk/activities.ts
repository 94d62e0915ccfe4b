import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { libraryFailure } from '../engine/library-failure.ts';
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
  /** How many of them may run concurrently. */
  window: number;
  total: number;
  done: number;
  failed: number;
}

/** The outcome of a job's items. Items in `pending` can be retried. */
export interface BulkEnd extends Omit<ProcessBulkResult, 'outcome'> {
  pending: number;
}

/** The type of the bulk activities for workflows. */
export type BulkActivities = ReturnType<typeof createBulkActivities>;

/** Chunks per batch activity: some seconds of work, and a few hundred activities for a million items. */
const CHUNKS_PER_BATCH = 10;
/** Batches per plan, which limits a run's history to a few hundred events. */
const BATCHES_PER_PLAN = 50;
/** A quarter of the heartbeat time-out. */
const HEARTBEAT_MS = 7_500;

/** Dependencies of the bulk activities. */
export interface BulkActivityDeps extends BulkDeps {
  bulkTasks: BulkTaskRegistry;
}

/**
 * Creates the activities of bulk jobs.
 * @throws if a task or a query has no function.
 */
export function createBulkActivities(deps: BulkActivityDeps) {
  requireBulkCode(deps.bulkTasks);
  return {
    /** Creates a bulk job from the results of a query. Repeats are safe: the job's row contains the key of the run that requested it. */
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

    /** Marks a job as running or paused. Repeats have no effect. */
    async markBulkJob({ bulkJobId, as }: { bulkJobId: string; as: 'running' | 'paused' }): Promise<void> {
      await (as === 'running' ? markBulkRunning : markBulkPaused)(deps.db, bulkJobId);
    },

    /** Finds the next batches after a position. Read-only, so it can be repeated. */
    async planBulkBatches({ bulkJobId, after }: { bulkJobId: string; after: number }): Promise<BulkPlan> {
      return withHeartbeat(HEARTBEAT_MS, async () => {
        const { task, total, done, failed } = await jobOf(deps, bulkJobId);
        const size = task.chunkSize * CHUNKS_PER_BATCH;
        const ranges = await pendingRanges(deps.db, bulkJobId, { after, size, count: BATCHES_PER_PLAN });
        return { ranges, window: task.window, total, done, failed };
      });
    },

    /**
     * Processes the pending items of a range, chunk by chunk. Repeats are safe: a chunk's effects commit together with the status of its
     * items, so a processed chunk is no longer pending; the heartbeat records where a repeat continues. A cancellation or a pause ends the
     * activity between two chunks; after a pause it returns if it stopped.
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
          // Only the row says so if the job's workflow was terminated.
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

    /** Ends a job unless items are left to be retried. Repeats have no effect. */
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
  if (!job) {
    throw libraryFailure({
      message: `the bulk job ${id} does not exist`,
      type: failureTypes.bulkJobNotFound,
      nonRetryable: true,
    });
  }
  const task = bulkTasks.task(job.task);
  if (!task) throw notHere(`task ${job.task}`);
  return { ...job, task };
}

/** A worker of another release may know it: the next attempt may run there. */
function notHere(what: string): ApplicationFailure {
  return ApplicationFailure.retryable(
    `this worker does not have the bulk ${what}`,
    failureTypes.bulkTaskUnknown,
  );
}
