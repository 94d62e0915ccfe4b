import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import { vi } from 'vitest';
import { attemptNow as attemptJobNow } from '../../local/attempt-now.ts';
import type { JobView } from '../../packages/durable-jobs/src/jobs/job-view.ts';
import type { Service } from './service.ts';

/** How long a condition may take to become true on a busy machine. */
export const PATIENCE_MS = 60_000;

/** Milliseconds between two checks of a condition: those of the first moments, and those of a long wait. */
const [CHECK_MS, LATER_CHECK_MS] = [50, 300];

/**
 * Waits until `check` no longer throws, and returns its result. The longer the wait, the fewer checks: most of them send requests, whose
 * processor time what is waited for would lack.
 */
export function eventually<T>(check: () => T | Promise<T>, timeout = PATIENCE_MS): Promise<T> {
  const start = performance.now();
  let nextAt = start;
  let last: unknown;
  return vi.waitFor(
    async () => {
      if (performance.now() < nextAt) throw last;
      try {
        return await check();
      } catch (error) {
        last = error;
        const now = performance.now();
        nextAt = now + Math.min(Math.max((now - start) / 4, CHECK_MS), LATER_CHECK_MS);
        throw error;
      }
    },
    { timeout, interval: CHECK_MS },
  );
}

/** Waits until a job has one of these statuses, and returns the job. */
export function jobWithStatus(
  service: Service,
  id: string,
  ...statuses: JobView['status'][]
): Promise<JobView> {
  return eventually(async () => {
    const { body } = await service.request('GET', `/api/jobs/${id}`);
    const job = body as JobView;
    if (!statuses.includes(job.status)) throw new Error(`the job is ${job.status}: ${JSON.stringify(body)}`);
    return job;
  });
}

/**
 * Returns when the last attempt of a waiting activity ended by the engine's clock, in milliseconds since the epoch. The engine plans the next
 * attempt from that time, which is later than the end that the worker has recorded.
 */
export async function lastAttemptEnd(service: Service, jobId: string): Promise<number> {
  const { raw } = await service.client.workflow.getHandle(jobId).describe();
  return optionalTsToMs(raw.pendingActivities?.[0]?.lastAttemptCompleteTime) ?? NaN;
}

/** Runs an activity that waits for its next attempt now: the tests do not wait for a back-off of a minute. */
export function attemptNow(service: Service, jobId: string): Promise<void> {
  return attemptJobNow(service.client, jobId);
}
