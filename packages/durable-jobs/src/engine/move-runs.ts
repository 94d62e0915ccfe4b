import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import proto from '@temporalio/proto';
import { errorMessage } from '../process/errors.ts';
import { inParallel } from '../process/in-parallel.ts';
import { callForCommand } from './command-call.ts';
import { isNotFound } from './not-found.ts';
import type { Condition } from './visibility-query.ts';

const { PinnedOverrideBehavior } = proto.temporal.api.workflow.v1.VersioningOverride;
const { VersioningBehavior } = proto.temporal.api.enums.v1;

/** Calls at a time: more would delay what the engine does for the jobs. */
const AT_ONCE = 8;

const RUNS_PER_PAGE = 1_000;

/** An execution of a workflow. */
export interface RunId {
  workflowId: string;
  runId: string;
}

/** What became of runs that were to be moved. Those that have ended meanwhile are in neither list. */
export interface MovedRuns {
  moved: RunId[];
  failed: (RunId & { reason: string })[];
}

/** Returns the runs that match a condition, each with its type. */
export async function findRuns(client: Client, condition: Condition): Promise<(RunId & { type: string })[]> {
  // A run may move to the next page meanwhile.
  const runs = new Map<string, RunId & { type: string }>();
  let nextPageToken: Uint8Array | undefined;
  do {
    const token = nextPageToken;
    const page = await callForCommand(client, () =>
      client.workflowService.listWorkflowExecutions({
        namespace: client.options.namespace,
        query: condition.toString(),
        pageSize: RUNS_PER_PAGE,
        ...(token && { nextPageToken: token }),
      }),
    );
    for (const { execution, type } of page.executions) {
      const runId = execution?.runId ?? '';
      runs.set(runId, { workflowId: execution?.workflowId ?? '', runId, type: type?.name ?? '' });
    }
    nextPageToken = page.nextPageToken.length > 0 ? page.nextPageToken : undefined;
  } while (nextPageToken);
  return [...runs.values()];
}

/** Pins open runs to a version, whatever their workflows declare: their next step runs there. */
export function pinRuns(
  client: Client,
  runs: readonly RunId[],
  version: WorkerDeploymentVersion,
): Promise<MovedRuns> {
  return moveEach(runs, (run) => overrideVersion(client, run, version));
}

/** Removes what operators have set for open runs: their next step runs where their workflows declare. */
export function unpinRuns(client: Client, runs: readonly RunId[]): Promise<MovedRuns> {
  return moveEach(runs, (run) => overrideVersion(client, run, undefined));
}

/**
 * Moves open runs to the current version: those that their workflows do not pin follow it from then on, and the others are pinned to it.
 */
export function moveToCurrent(
  client: Client,
  runs: readonly RunId[],
  current: WorkerDeploymentVersion,
): Promise<MovedRuns> {
  return moveEach(runs, async (run) => {
    const description = await callForCommand(client, () =>
      client.workflow.getHandle(run.workflowId, run.runId).describe(),
    );
    return overrideVersion(client, run, movesByItself(description) ? undefined : current);
  });
}

/** Whether a run's workflow lets it move between versions, whatever an operator has set for the run. */
function movesByItself({ raw }: Pick<WorkflowExecutionDescription, 'raw'>): boolean {
  const behavior = raw.workflowExecutionInfo?.versioningInfo?.behavior;
  return behavior === VersioningBehavior.VERSIONING_BEHAVIOR_AUTO_UPGRADE;
}

/** Whether a run has ended meanwhile, and was removed or can no longer be changed. */
export const hasEnded = (error: unknown): boolean =>
  isNotFound(error) || error instanceof WorkflowNotFoundError;

/** Moves runs, several at a time. Those that have ended meanwhile, or for which `move` returns false, are in neither list of the result. */
export async function moveEach<Run extends RunId>(
  runs: readonly Run[],
  move: (run: Run) => Promise<boolean>,
): Promise<MovedRuns> {
  const result: MovedRuns = { moved: [], failed: [] };
  await inParallel(runs, AT_ONCE, async (run) => {
    try {
      if (await move(run)) result.moved.push(run);
    } catch (error) {
      if (!hasEnded(error)) result.failed.push({ ...run, reason: errorMessage(error) });
    }
  });
  return result;
}

async function overrideVersion(
  client: Client,
  { workflowId, runId }: RunId,
  version: WorkerDeploymentVersion | undefined,
): Promise<true> {
  const { namespace, identity } = client.options;
  await callForCommand(client, () =>
    client.workflowService.updateWorkflowExecutionOptions({
      namespace,
      identity,
      workflowExecution: { workflowId, runId },
      ...pinTo(version),
    }),
  );
  return true;
}

/** Returns the options of a run that pin it to a version, or that remove what operators have set. */
export function pinTo(
  version: WorkerDeploymentVersion | undefined,
): proto.temporal.api.workflow.v1.PostResetOperation.IUpdateWorkflowOptions {
  const versioningOverride = version && {
    pinned: { behavior: PinnedOverrideBehavior.PINNED_OVERRIDE_BEHAVIOR_PINNED, version },
  };
  return {
    workflowExecutionOptions: versioningOverride ? { versioningOverride } : {},
    updateMask: { paths: ['versioning_override'] },
  };
}
