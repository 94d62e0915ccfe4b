import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type proto from '@temporalio/proto';
import { errorMessage } from '../process/errors.ts';
import { callForCommand } from './command-call.ts';
import { hasEnded, moveEach, pinTo, type MovedRuns, type RunId } from './move-runs.ts';
import { isOpen } from './run-status.ts';

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;
type EventId = NonNullable<HistoryEvent['eventId']>;

/** Events per page of a history: more would delay what the engine does for the jobs. */
const EVENTS_PER_PAGE = 100;

/** A run, and the version that it is pinned to, or to be. */
export interface PinnedRun extends RunId {
  version: WorkerDeploymentVersion;
}

/** A move of a run to another version. */
interface Move {
  /** Undefined for workers without a version. */
  buildId: string | undefined;
  /** Of the step that it waits for. */
  attempt: number;
  /** Whether the history records that this step failed, rather than that it took too long. */
  hasFailed: boolean;
}

/** After so many attempts, a step whose first one took too long counts as failing. The history records the first alone. */
const FAILING_AFTER = 5;

/**
 * Brings back those of some pinned runs that began to move to another version before they were pinned. A move that has begun takes precedence over
 * a pin: the engine tries the next step on the other version until it succeeds.
 */
export function bringBackCrossed(client: Client, runs: readonly PinnedRun[]): Promise<MovedRuns> {
  return bringBack(client, runs, ({ buildId }, { version }) => buildId !== version.buildId);
}

/**
 * Brings those of some runs back, each to the version that it names, whose next step fails on another one to which they began to move; without
 * `on`, on workers without a version.
 */
export function bringBackFailing(
  client: Client,
  runs: readonly PinnedRun[],
  on: WorkerDeploymentVersion | undefined,
): Promise<MovedRuns> {
  return bringBack(
    client,
    runs,
    ({ buildId, attempt, hasFailed }) =>
      buildId === on?.buildId && attempt > 1 && (hasFailed || attempt >= FAILING_AFTER),
  );
}

/**
 * Resets runs that began to move to another version to the beginning of the step that they wait for, on the version that they are to be pinned to:
 * only a reset ends a move that has begun. Signals, updates, child workflows and a cancellation that came since are kept. Activities that have
 * ended since, or are under way, run again. Runs that have ended, or are not `isWanted`, are left as they are: they are in neither list.
 */
function bringBack(
  client: Client,
  runs: readonly PinnedRun[],
  isWanted: (move: Move, run: PinnedRun) => boolean,
): Promise<MovedRuns> {
  return moveEach(runs, async (run) => {
    const isToReset = async (hasFailed: boolean): Promise<boolean> => {
      const move = await readMove(client, run);
      return move !== undefined && isWanted({ ...move, hasFailed }, run);
    };
    // Most of them do not move: their histories need not be read.
    if (!(await callForCommand(client, () => isToReset(true)))) return false;
    const end = await readBack(client, run, isEndOfTask);
    const point = end.at(-1);
    if (!point?.eventId) throw new Error('its history has no step to which it could be reset');
    const hasFailed = Boolean(point.workflowTaskFailedEventAttributes);
    const runId = await reset(client, run, {
      to: point.eventId,
      isCancelled: cancellationIn(end) !== undefined,
      isToReset: () => isToReset(hasFailed),
    });
    if (runId === undefined) return false;
    await cancelAgain(client, run, { runId, to: point.eventId });
    return true;
  });
}

/** Returns the move of a run; undefined if it does not move, has ended, or is no longer the job's newest run. */
async function readMove(
  client: Client,
  { workflowId, runId }: RunId,
): Promise<Omit<Move, 'hasFailed'> | undefined> {
  // Without the run's id: a reset of a run that has ended would end the job's next one.
  const newest = await client.workflow.getHandle(workflowId).describe();
  const move = newest.raw.workflowExecutionInfo?.versioningInfo?.versionTransition;
  if (newest.runId !== runId || !isOpen(newest) || !move) return undefined;
  return {
    buildId: move.deploymentVersion?.buildId ?? undefined,
    attempt: newest.raw.pendingWorkflowTask?.attempt ?? 0,
  };
}

/** Resets a run if it is to be reset at that moment, and returns the id of the run that replaces it; undefined if it was left as it is. */
async function reset(
  client: Client,
  { workflowId, runId, version }: PinnedRun,
  given: { to: EventId; isCancelled: boolean; isToReset: () => Promise<boolean> },
): Promise<string | undefined> {
  const { namespace, identity } = client.options;
  const requestId = randomUUID();
  let isRepeated = false;
  return callForCommand(client, async () => {
    if (!(await given.isToReset()))
      return isRepeated ? replacementOf(client, { workflowId, runId }) : undefined;
    isRepeated = true;
    const answer = await client.workflowService.resetWorkflowExecution({
      namespace,
      identity,
      workflowExecution: { workflowId, runId },
      workflowTaskFinishEventId: given.to,
      requestId,
      // A command that is stopped between the two leaves a trace.
      reason: `continues on version ${version.buildId}${given.isCancelled ? ', and is then cancelled again' : ''}`,
      postResetOperations: [{ updateWorkflowOptions: pinTo(version) }],
    });
    return answer.runId;
  });
}

/** Returns the run that replaced one by a reset, whose response may have been lost. */
async function replacementOf(client: Client, { workflowId, runId }: RunId): Promise<string | undefined> {
  const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
  const replacement = raw.workflowExtendedInfo?.resetRunId ?? '';
  return replacement === '' ? undefined : replacement;
}

/** Requests a cancellation again that a run got after the event to which it was reset: the one thing that a reset does not keep. */
async function cancelAgain(
  client: Client,
  run: RunId,
  { runId, to }: { runId: string; to: EventId },
): Promise<void> {
  const { namespace, identity } = client.options;
  try {
    // The replaced run is closed now, so none is missed. Its last events may include attempts of the step that ended since.
    const since = await readBack(client, run, ({ eventId }) => Number(eventId) <= Number(to));
    const cancelled = cancellationIn(since);
    if (!cancelled) return;
    const requestId = randomUUID();
    await callForCommand(client, () =>
      client.workflowService.requestCancelWorkflowExecution({
        namespace,
        identity: cancelled.identity ?? identity,
        workflowExecution: { workflowId: run.workflowId, runId },
        requestId,
        reason: cancelled.cause ?? '',
      }),
    );
  } catch (error) {
    if (hasEnded(error)) return;
    throw new Error(
      `it was reset, but a cancellation that it may have got could not be requested again: ${errorMessage(error)}`,
      { cause: error },
    );
  }
}

function cancellationIn(events: readonly HistoryEvent[]) {
  return events.find((event) => event.workflowExecutionCancelRequestedEventAttributes)
    ?.workflowExecutionCancelRequestedEventAttributes;
}

/** Whether an event ended an attempt of a step. The engine can reset only to one of these. */
function isEndOfTask(event: HistoryEvent): boolean {
  return Boolean(
    event.workflowTaskCompletedEventAttributes ??
    event.workflowTaskFailedEventAttributes ??
    event.workflowTaskTimedOutEventAttributes,
  );
}

/** Returns the events of a run, newest first, up to the first one that is the last; none if none is. */
async function readBack(
  client: Client,
  { workflowId, runId }: RunId,
  isLast: (event: HistoryEvent) => boolean,
): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const token = nextPageToken;
    const page = await callForCommand(client, () =>
      client.workflowService.getWorkflowExecutionHistoryReverse({
        namespace: client.options.namespace,
        execution: { workflowId, runId },
        maximumPageSize: EVENTS_PER_PAGE,
        ...(token && { nextPageToken: token }),
      }),
    );
    for (const event of page.history?.events ?? []) {
      events.push(event);
      if (isLast(event)) return events;
    }
    nextPageToken = page.nextPageToken.length > 0 ? page.nextPageToken : undefined;
  } while (nextPageToken);
  return [];
}
