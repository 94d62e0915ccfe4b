import { isEnded } from '../engine/run-status.ts';
import { callTimeoutMs } from '../http/timeouts.ts';
import type { JobView } from './job-view.ts';
import { readRecord, viewOf, type JobReader } from './read-job.ts';
import { waitForEnd } from './wait-for-end.ts';

/** How a job ended, or its current state. */
export type JobResult = Pick<
  JobView,
  'id' | 'runId' | 'type' | 'status' | 'closedAt' | 'result' | 'failure'
> & {
  /** Whether it has ended; otherwise the wait was over first. */
  hasEnded: boolean;
};

/**
 * Waits until a job's newest run has ended, for at most `waitMs` and until `signal` aborts, and returns how it ended, or where it stands
 * then. A start that is not made yet, or is held, is waited for too. Returns undefined if the job does not exist.
 * @throws the client's error if the engine does not respond.
 */
export async function waitForResult(
  reader: JobReader,
  id: string,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
): Promise<JobResult | undefined> {
  const until = performance.now() + waitMs;
  for (;;) {
    const record = await reader.client.withDeadline(Date.now() + callTimeoutMs, () => readRecord(reader, id));
    if (!record) return undefined;
    const { runId, type, status, closedAt, result, failure } = viewOf(id, record);
    const hasEnded = isEnded(status);
    const left = until - performance.now();
    if (hasEnded || left <= 0 || signal.aborted)
      return { id, runId, type, status, closedAt, result, failure, hasEnded };
    await waitForEnd(reader, id, { waitMs: left, callMs: callTimeoutMs, signal });
  }
}
