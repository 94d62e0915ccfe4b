import { setTimeout as delay } from 'node:timers/promises';
import type { JobView } from 'durable-jobs/jobs';
import { isAway, type BulkApi, type BulkJobDetails } from './api.ts';
import type { Display } from './display.ts';
import { progressText } from './text.ts';

/** How a job ended. `broken` is its engine's job, if that ended without ending it. */
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
 * Shows a job until it ends. An API that goes away is asked again: the job does not need it. So is one that has not told of the job yet, if
 * it is known to have `accepted` it; else its address may be wrong.
 * @throws {RefusedError} if there is no such job; {@link AwayError}; the signal's reason when it aborts.
 */
export async function follow(
  api: BulkApi,
  id: string,
  { display, signal, accepted }: { display: Display; signal: AbortSignal; accepted: boolean },
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
      display.show({ ...reachOf(job), text: progressText(job) }, job.status);
      if (performance.now() - changedAt > STILL_MS) {
        changedAt = performance.now();
        const engineJob = await api.readJob(job);
        if (hasFailed(engineJob)) return { job, broken: engineJob };
      }
    } catch (error) {
      if (!isAway(error) || !(accepted || last)) throw error;
      const text = 'the API is not responding; the job continues without it; trying again';
      display.show({ ...(last ? reachOf(last) : { value: 0, total: undefined }), text }, 'away');
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

function reachOf({ counts }: BulkJobDetails): { value: number; total: number } {
  return { value: counts.done + counts.failed, total: counts.total };
}

function stateOf({ status, counts }: BulkJobDetails): string {
  return [status, counts.done, counts.failed].join();
}

function hasFailed({ status }: JobView): boolean {
  return status === 'failed' || status === 'terminated';
}
