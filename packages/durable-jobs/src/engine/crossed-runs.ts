import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type proto from '@temporalio/proto';
import { inParallel } from '../process/in-parallel.ts';
import { callForCommand } from './command-call.ts';
import { hasEnded, moveEach, pinTo, type MovedRuns, type RunId } from './move-runs.ts';

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

/** Calls at a time, and events per page of a history: more would delay what the engine does for the jobs. */
const AT_ONCE = 8;
const EVENTS_PER_PAGE = 100;

/** A run, and the version that it is pinned to. */
export interface PinnedRun extends RunId {
  version: WorkerDeploymentVersion;
}

/**
 * Returns those of some pinned runs that began to move to another version before they were pinned. A move that has begun takes precedence over a
 * pin: the engine tries the next step on the other version until it succeeds. Runs that have ended are left out.
 */
export function findCrossed<Run extends PinnedRun>(client: Client, runs: readonly Run[]): Promise<Run[]> {
  return findMoving(client, runs, ({ buildId }, run) => buildId !== run.version.buildId);
}

/** Returns those of some runs whose next step was tried on a version to which they move, and failed there. */
export function findFailingOn<Run extends RunId>(
  client: Client,
  runs: readonly Run[],
  version: WorkerDeploymentVersion,
): Promise<Run[]> {
  return findMoving(client, runs, ({ buildId, attempt }) => buildId === version.buildId && attempt > 1);
}

/** A move of a run to another version. */
interface Move {
  /** Undefined for workers without a version. */
  buildId: string | undefined;
  /** Of the step that it waits for. */
  attempt: number;
}

async function findMoving<Run extends RunId>(
  client: Client,
  runs: readonly Run[],
  isWanted: (move: Move, run: Run) => boolean,
): Promise<Run[]> {
  const found = await inParallel(runs, AT_ONCE, async (run) => {
    try {
      const { raw } = await callForCommand(client, () =>
        client.workflow.getHandle(run.workflowId, run.runId).describe(),
      );
      const move = raw.workflowExecutionInfo?.versioningInfo?.versionTransition;
      if (!move) return [];
      const attempt = raw.pendingWorkflowTask?.attempt ?? 0;
      return isWanted({ buildId: move.deploymentVersion?.buildId ?? undefined, attempt }, run) ? [run] : [];
    } catch (error) {
      if (hasEnded(error)) return [];
      throw error;
    }
  });
  return found.flat();
}

/**
 * Resets runs that began to move to another version to the beginning of the step that they wait for, on the version that they are pinned to: only a
 * reset ends a move that has begun. Signals, updates, child workflows and a cancellation that came since are kept. Activities that have ended
 * since then run again.
 */
export function bringBack(client: Client, runs: readonly PinnedRun[]): Promise<MovedRuns> {
  return moveEach(runs, async (run) => {
    const { namespace, identity } = client.options;
    const workflowExecution = { workflowId: run.workflowId, runId: run.runId };
    const workflowTaskFinishEventId = (await readEndOf(client, run)).at(-1)?.eventId;
    if (!workflowTaskFinishEventId) throw new Error('its history has no step to which it could be reset');
    const requestId = randomUUID();
    const { runId } = await callForCommand(client, () =>
      client.workflowService.resetWorkflowExecution({
        namespace,
        identity,
        workflowExecution,
        workflowTaskFinishEventId,
        requestId,
        reason: `continues on version ${run.version.buildId}`,
        postResetOperations: [{ updateWorkflowOptions: pinTo(run.version) }],
      }),
    );
    // A reset keeps everything but this. The old run is closed now, so none is missed.
    const cancelled = (await readEndOf(client, run)).find(
      (event) => event.workflowExecutionCancelRequestedEventAttributes,
    )?.workflowExecutionCancelRequestedEventAttributes;
    if (cancelled)
      await callForCommand(client, () =>
        client.workflowService.requestCancelWorkflowExecution({
          namespace,
          identity: cancelled.identity ?? identity,
          workflowExecution: { workflowId: run.workflowId, runId },
          requestId,
          reason: cancelled.cause ?? '',
        }),
      );
  });
}

/** Returns the events of a run since the last attempt of a step that its history records, newest first. The last of them ended that attempt. */
async function readEndOf(client: Client, { workflowId, runId }: RunId): Promise<HistoryEvent[]> {
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
      // The engine can reset only to one of these.
      if (
        event.workflowTaskCompletedEventAttributes ??
        event.workflowTaskFailedEventAttributes ??
        event.workflowTaskTimedOutEventAttributes
      )
        return events;
    }
    nextPageToken = page.nextPageToken.length > 0 ? page.nextPageToken : undefined;
  } while (nextPageToken);
  return [];
}
