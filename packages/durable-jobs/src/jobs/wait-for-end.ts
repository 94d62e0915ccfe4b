import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Db } from '../database/connect.ts';
import { isNotFound } from '../engine/not-found.ts';
import { endedStatusOf } from '../engine/run-status.ts';
import { findUndispatchedStart, type UndispatchedStart } from './outbox/find.ts';
import { endOfStart } from './read-job.ts';

const { HistoryEventFilterType } = proto.temporal.api.enums.v1;

/** The engine answers a long poll after 20 s if an end comes just before it begins to wait, so the run is read again after this time. */
const LONG_POLL_MS = 3_000;

/** Polling interval for a start that is committed and not made yet. */
const READ_START_MS = 200;

/** How a wait ended: with the newest run, with a start that will not be made, or before either. */
export type WaitedEnd =
  { kind: 'ended'; runId: string } | { kind: 'notMade'; start: UndispatchedStart } | { kind: 'notEnded' };

/** Options of a wait. */
export interface WaitOptions {
  /** Infinity waits without limit. */
  waitMs: number;
  /** Time limit of the engine's description of the run, after which the wait fails. */
  callMs: number;
  /** Ends the wait early. */
  signal?: AbortSignal;
}

/**
 * Waits until a job has ended. A start that is committed and still to be made, or is held, counts as its newest run. Returns undefined if
 * the job does not exist.
 * @throws the client's error if the engine does not respond.
 */
export async function waitForEnd(
  { db, client }: { db: Db; client: Client },
  id: string,
  { waitMs, callMs, signal }: WaitOptions,
): Promise<WaitedEnd | undefined> {
  const until = performance.now() + waitMs;
  const left = (): number => until - performance.now();
  for (;;) {
    const start = await findUndispatchedStart(db, id);
    const isToCome = start !== undefined && endOfStart(start) === undefined;
    let run;
    if (!isToCome) {
      try {
        run = await newestRun(client, id, Math.min(callMs, left()));
      } catch (error) {
        if (left() <= 0) return { kind: 'notEnded' };
        throw error;
      }
      if (start && (!run || (run.closedAt && start.createdAt > run.closedAt)))
        return { kind: 'notMade', start };
      if (!run) return undefined;
      if (run.hasEnded) return { kind: 'ended', runId: run.runId };
    }
    if (left() <= 0 || signal?.aborted) return { kind: 'notEnded' };
    if (run) await runEnds(client, { id, runId: run.runId }, Math.min(left(), LONG_POLL_MS), signal);
    else await delay(Math.min(left(), READ_START_MS), undefined, { signal }).catch(() => undefined);
  }
}

async function newestRun(
  client: Client,
  id: string,
  callMs: number,
): Promise<{ runId: string; closedAt: Date | undefined; hasEnded: boolean } | undefined> {
  try {
    const run = await client.withDeadline(Date.now() + callMs, () =>
      client.workflow.getHandle(id).describe(),
    );
    return { runId: run.runId, closedAt: run.closeTime, hasEnded: endedStatusOf(run) !== undefined };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Resolves when a run has ended, the time is up, or `signal` aborts. */
async function runEnds(
  client: Client,
  { id, runId }: { id: string; runId: string },
  ms: number,
  signal?: AbortSignal,
): Promise<void> {
  const waiting = new AbortController();
  const over = signal ? AbortSignal.any([waiting.signal, signal]) : waiting.signal;
  const longPoll = client
    .withAbortSignal(over, () =>
      client.workflowService.getWorkflowExecutionHistory({
        namespace: client.options.namespace,
        execution: { workflowId: id, runId },
        waitNewEvent: true,
        historyEventFilterType: HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
      }),
    )
    .catch((error: unknown) => {
      if (!over.aborted && !isNotFound(error)) throw error;
    });
  const timeUp = delay(ms, undefined, { signal: over }).catch(() => undefined);
  try {
    await Promise.race([longPoll, timeUp]);
  } finally {
    waiting.abort();
  }
}
