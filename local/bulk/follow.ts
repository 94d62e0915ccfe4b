import { setTimeout as delay } from 'node:timers/promises';
import type { JobView } from '../../api/jobs/job-view.ts';
import { AwayError, type BulkApi, type BulkJobDetails } from './api.ts';
import type { Display } from './display.ts';
import { progressText } from './text.ts';

/** How a job ended. `broken` is its engine's job, where that ended without ending it. */
export interface Ending {
  job: BulkJobDetails;
  broken?: JobView;
}

const POLL_MS = 500;
/** A job that shows nothing new for so long may have ended without noting it. */
const STILL_MS = 5_000;
/** Failed items that the summary shows. */
const FAILED_SHOWN = 10;

/**
 * Shows a job until it ends. An API that is away is asked again: the job does not need it.
 * @throws {RefusedError} where there is no such job; the signal's reason when it aborts.
 */
export async function follow(
  api: BulkApi,
  id: string,
  { display, signal }: { display: Display; signal: AbortSignal },
): Promise<Ending> {
  let last: BulkJobDetails | undefined;
  let changedAt = performance.now();
  for (;;) {
    signal.throwIfAborted();
    try {
      const job = await api.read(id, FAILED_SHOWN);
      if (job.status === 'completed' || job.status === 'cancelled') return { job };
      if (!last || stateOf(job) !== stateOf(last)) changedAt = performance.now();
      last = job;
      display.show(
        { value: job.counts.done + job.counts.failed, total: job.counts.total, text: progressText(job) },
        job.status,
      );
      if (performance.now() - changedAt > STILL_MS) {
        changedAt = performance.now();
        const engineJob = await api.readJob(job);
        if (hasFailed(engineJob)) return { job, broken: engineJob };
      }
    } catch (error) {
      // At the start it may be an address that is wrong.
      if (!(error instanceof AwayError) || !last) throw error;
      const { done, failed, total } = last.counts;
      display.show(
        {
          value: done + failed,
          total,
          text: 'the API does not answer; the job does not need it; asking again',
        },
        'away',
      );
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

function stateOf({ status, counts }: BulkJobDetails): string {
  return [status, counts.done, counts.failed].join();
}

function hasFailed({ status }: JobView): boolean {
  return status === 'failed' || status === 'terminated';
}
