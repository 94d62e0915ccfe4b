import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { isEnded } from '../engine/run-status.ts';
import { isNotFound } from '../engine/not-found.ts';
import { callTimeoutMs } from '../http/timeouts.ts';
import type { JobView } from './job-view.ts';
import { readRecord, viewOf, type JobReader } from './read-job.ts';

const { HistoryEventFilterType } = proto.temporal.api.enums.v1;

/** An end may come just before the engine begins to wait for it, which it then does for its whole time. */
const LONGEST_CALL_MS = 3_000;

/** Between two looks at a start that is not made yet. */
const LOOK_MS = 500;

/** How a job ended, or where it stands. */
export type JobResult = Pick<
  JobView,
  'id' | 'runId' | 'type' | 'status' | 'closedAt' | 'result' | 'failure'
> & {
  /** Whether it has ended; else it was not waited for any longer. */
  hasEnded: boolean;
};

/**
 * Waits until a job's newest run has ended, for at most `waitMs` and until `signal` aborts, and returns how it ended, or where it stands then.
 * A start that is not made yet, or is held, is waited for too. Undefined where there is no such job.
 * @throws the client's error where the engine does not answer.
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
    const left = until - performance.now();
    const hasEnded = isEnded(status);
    if (hasEnded || left <= 0 || signal.aborted)
      return { id, runId, type, status, closedAt, result, failure, hasEnded };
    if (runId === null) await delay(Math.min(left, LOOK_MS), undefined, { signal }).catch(() => undefined);
    else await runEnds(reader.client, { id, runId }, Math.min(left, LONGEST_CALL_MS), signal);
  }
}

/** Resolves when a run has ended, the time is up, or `signal` aborts. */
async function runEnds(
  client: Client,
  { id, runId }: { id: string; runId: string },
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.withDeadline(Date.now() + ms, () =>
      client.withAbortSignal(signal, () =>
        client.workflowService.getWorkflowExecutionHistory({
          namespace: client.options.namespace,
          execution: { workflowId: id, runId },
          waitNewEvent: true,
          historyEventFilterType: HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
        }),
      ),
    );
  } catch (error) {
    if (!isTimeUp(error) && !isNotFound(error)) throw error;
  }
}

/** CANCELLED and DEADLINE_EXCEEDED of gRPC (grpc.github.io/grpc/core/md_doc_statuscodes.html). */
function isTimeUp(error: unknown): boolean {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return code === 1 || code === 4;
}
