import {
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { BulkActivities, BulkPlan } from './activities.ts';
import type { ProcessBulkInput, ProcessBulkResult } from './process-bulk.ts';
import { continueBulkSignal, pauseBulkSignal, resumeBulkSignal } from './signals.ts';
import { nextRoundTimer } from './signals.ts';
import { isHistoryLong } from '../jobs/workflow/long-history.ts';
import { databaseOptions } from '../jobs/workflow/policies.ts';
import { bulkBatchOptions, planBulkOptions } from './policies.ts';

const { processBulkBatch } = proxyActivities<BulkActivities>(bulkBatchOptions);
const { planBulkBatches } = proxyActivities<BulkActivities>(planBulkOptions);
const { endBulkJob, markBulkJob } = proxyActivities<BulkActivities>(databaseOptions);

/** Waits before items with temporary failures are retried: after the first round, and after each later one. */
const ROUND_WAITS = ['10 seconds', '1 minute'] as const;

/** A run's history can exceed a plan's 50 batches a few times; Temporal's limit is 51,200 events. */
const LONGEST_HISTORY = 1_000;

/**
 * Processes a bulk job's pending items, a window of batches at a time, until none is left, and then retries those that failed temporarily
 * in further rounds. Continues as new, so that the history stays short whatever the number of items.
 */
export async function processBulk(input: ProcessBulkInput): Promise<ProcessBulkResult> {
  const { bulkJobId } = input;
  let { after, round, paused } = input.resumeAt ?? { after: -1, round: 1, paused: false };
  let timesContinued = 0;
  let holding: Promise<void> | undefined;
  /** Marks the job as paused until it is resumed. All batches of the window wait for the same pause. */
  const hold = (): Promise<void> => {
    holding ??= (async () => {
      // It may be paused again while it is being marked as running.
      do {
        await markBulkJob({ bulkJobId, as: 'paused' });
        setCurrentDetails('Paused. Resume it with POST /api/bulk-jobs/:id/resume.');
        await condition(() => !paused || isHistoryLong());
        // The next run is also paused.
        if (paused && isHistoryLong()) break;
        await markBulkJob({ bulkJobId, as: 'running' });
      } while (paused);
      holding = undefined;
    })();
    return holding;
  };
  // A message that arrived with the start is handled as soon as the handler is set, so everything it needs must exist by now.
  setHandler(pauseBulkSignal, () => {
    paused = true;
    // Immediately, and not only when the next batch would begin: running batches see the pause in the job's row and stop. Code that waits
    // for the pause also sees its failure.
    hold().catch(() => undefined);
  });
  setHandler(resumeBulkSignal, () => {
    paused = false;
  });
  setHandler(continueBulkSignal, () => {
    timesContinued++;
  });

  const whileNotPaused = async (): Promise<void> => {
    while ((paused && !isHistoryLong()) || holding) await hold();
  };

  /** Runs a plan's batches. Returns false if some are left to the next run. */
  const runBatches = async ({ ranges, window }: BulkPlan): Promise<boolean> => {
    const waiting = [...ranges];
    const worker = async (): Promise<void> => {
      for (;;) {
        await whileNotPaused();
        // Repeated pauses would fill the history before the plan is done.
        if (isHistoryLong()) return;
        const range = waiting.shift();
        if (!range) return;
        const { stoppedAt } = await processBulkBatch({ bulkJobId, ...range });
        if (stoppedAt !== null) waiting.push({ from: stoppedAt, to: range.to });
      }
    };
    const workers = Array.from({ length: window }, worker);
    try {
      await Promise.all(workers);
      return waiting.length === 0;
    } catch (error) {
      // All batches are cancelled, and each ends after its current chunk; until then, items are still processed and counted.
      if (isCancellation(error)) await Promise.allSettled(workers);
      throw error;
    }
  };

  const walk = async (): Promise<ProcessBulkResult> => {
    await markBulkJob({ bulkJobId, as: paused ? 'paused' : 'running' });
    for (;;) {
      await whileNotPaused();
      if (isHistoryLong())
        return continueAsNew<typeof processBulk>({ bulkJobId, resumeAt: { after, round, paused } });
      const plan = await planBulkBatches({ bulkJobId, after });
      const last = plan.ranges.at(-1);
      if (last) {
        setCurrentDetails(
          `${plan.done + plan.failed} of ${plan.total} items, ${plan.failed} of them failed. Round ${round}.`,
        );
        // The next run finds the pending items of an unfinished plan.
        if (await runBatches(plan)) after = last.to;
        if (workflowInfo().historyLength > LONGEST_HISTORY || workflowInfo().continueAsNewSuggested) {
          return continueAsNew<typeof processBulk>({ bulkJobId, resumeAt: { after, round, paused } });
        }
        continue;
      }
      const before = timesContinued;
      const { pending, ...counts } = await endBulkJob({ bulkJobId, as: 'completed' });
      if (pending > 0) {
        setCurrentDetails(`${pending} items are waiting to be retried.`);
        const wait = ROUND_WAITS[Math.min(round, ROUND_WAITS.length) - 1];
        await condition(() => timesContinued > before, wait ?? '1 minute', {
          summary: nextRoundTimer,
        });
        round++;
      } else if (timesContinued === before) {
        setCurrentDetails(`${counts.done} items are done, ${counts.failed} failed.`);
        return { outcome: 'completed', ...counts };
      } else {
        // The row says that the job has ended, or is queued again.
        await markBulkJob({ bulkJobId, as: 'running' });
      }
      after = -1;
    }
  };

  try {
    return await walk();
  } catch (error) {
    if (isCancellation(error)) {
      await CancellationScope.nonCancellable(() => endBulkJob({ bulkJobId, as: 'cancelled' }));
    }
    throw error;
  }
}
