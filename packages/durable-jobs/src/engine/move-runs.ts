import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import proto from '@temporalio/proto';
import { inParallel } from '../process/in-parallel.ts';
import { isNotFound } from './not-found.ts';
import type { Condition } from './visibility-query.ts';

const { PinnedOverrideBehavior } = proto.temporal.api.workflow.v1.VersioningOverride;

/** Calls at a time: more would delay what the engine does for the jobs. */
const AT_ONCE = 8;

/** An execution of a workflow. */
export interface RunId {
  workflowId: string;
  runId: string;
}

/** Returns the runs that match a condition, each with its type. */
export async function findRuns(client: Client, condition: Condition): Promise<(RunId & { type: string })[]> {
  const runs: (RunId & { type: string })[] = [];
  for await (const { workflowId, runId, type } of client.workflow.list({ query: condition.toString() }))
    runs.push({ workflowId, runId, type });
  return runs;
}

/**
 * Pins open runs to a version, whatever their workflows declare: their next step runs there. Returns how many there were; those that have
 * ended meanwhile are not counted.
 */
export async function pinRuns(
  client: Client,
  runs: readonly RunId[],
  version: WorkerDeploymentVersion,
): Promise<number> {
  const pinned = await inParallel(runs, AT_ONCE, (run) => pinRun(client, run, version));
  return pinned.filter(Boolean).length;
}

/** Pins an open run to a version. Returns false if it has ended. */
export async function pinRun(
  client: Client,
  { workflowId, runId }: RunId,
  version: WorkerDeploymentVersion,
): Promise<boolean> {
  const { namespace, identity } = client.options;
  try {
    await client.workflowService.updateWorkflowExecutionOptions({
      namespace,
      identity,
      workflowExecution: { workflowId, runId },
      workflowExecutionOptions: {
        versioningOverride: {
          pinned: { behavior: PinnedOverrideBehavior.PINNED_OVERRIDE_BEHAVIOR_PINNED, version },
        },
      },
      updateMask: { paths: ['versioning_override'] },
    });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
