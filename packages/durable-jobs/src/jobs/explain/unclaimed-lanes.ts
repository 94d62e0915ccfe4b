import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import proto from '@temporalio/proto';
import { isOpen } from '../../engine/run-status.ts';
import type { Pollers, TaskKind } from '../../engine/task-queues.ts';
import type { JobSources } from '../job-view.ts';
import { isDue, trackOf } from './activity-facts.ts';
import type { Why } from './why.ts';

const { PendingWorkflowTaskState, VersioningBehavior } = proto.temporal.api.enums.v1;

/** A kind of tasks of a queue. */
export interface Lane {
  queue: string;
  kind: TaskKind;
}

/** Returns the pollers of a lane. */
export type PollersOf = (lane: Lane) => Pollers | undefined;

/** Returns the queues in which a run has tasks that no worker has taken; their pollers explain why. */
export function unclaimedLanes({ description, summary }: JobSources): Lane[] {
  if (!isOpen(description)) return [];
  const tracks = summary.activities;
  const lanes: Lane[] = (description.raw.pendingActivities ?? [])
    .filter((activity) => isDue(activity))
    .map((activity) => ({
      queue: trackOf(activity, tracks)?.taskQueue ?? description.taskQueue,
      kind: 'activity',
    }));
  const task = description.raw.pendingWorkflowTask;
  if (task?.state === PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED) {
    lanes.push({ queue: description.taskQueue, kind: 'workflow' });
  }
  return lanes;
}

/** Whether a task that waits in a queue may wait because no worker polls which would get it. */
export function lacksWorker(pollers: Pollers | undefined): pollers is Pollers {
  return pollers !== undefined && (!pollers.isPolled || pollers.unpolledRamp !== undefined);
}

/** Explains a job whose task waits in a queue that {@link lacksWorker}. `pinnedTo` is the version of a pinned job. */
export function noWorker(
  queue: string,
  pollers: Pollers,
  pinnedTo: WorkerDeploymentVersion | undefined,
): Why {
  const { isPolled, lastSeenAt, unpolledRamp, others } = pollers;
  const seen = lastSeenAt ? `: the last one was seen at ${lastSeenAt.toISOString()}` : '';
  const explain = (sentence: string, actions: (string | undefined)[]): Why => ({
    code: 'no_worker',
    sentence,
    queue,
    actions: actions.flatMap((does) => (does === undefined ? [] : [{ does }])),
  });
  if (isPolled && unpolledRamp)
    return explain(
      `A part of the jobs goes to the ramping version ${unpolledRamp.buildId} of ${unpolledRamp.deploymentName}, and no worker of that version polls the queue ${queue}; if the job is one of them, it continues as soon as one does.`,
      [
        startOf(unpolledRamp, queue),
        `Or end the ramp: npx durable-jobs deployment ramp ${unpolledRamp.buildId} 0.`,
      ],
    );
  const version = pollers.version;
  const [other] = others;
  if (!version)
    return other
      ? explain(
          `Workers poll the queue ${queue}, but their version was not promoted, and no version is current; the job continues as soon as one is.`,
          [`Make their version the current one: npx durable-jobs deployment promote ${other.buildId}.`],
        )
      : explain(`No worker polls the queue ${queue}${seen}; the job continues as soon as one does.`, [
          `Start a worker that serves ${queue} (WORKER_TASK_QUEUES); nothing is lost in the meantime.`,
        ]);
  const { deploymentName, buildId } = version;
  const isPinned = pinnedTo?.deploymentName === deploymentName && pinnedTo.buildId === buildId;
  if (isPinned)
    return explain(
      `The job is pinned to version ${buildId} of ${deploymentName}, and no worker of that version polls the queue ${queue}${seen}; the job continues as soon as one does.`,
      [
        startOf(version, queue),
        other &&
          `Or move the jobs of that version to another one: npx durable-jobs deployment move --from ${buildId} --to ${other.buildId}.`,
      ],
    );
  return explain(
    `No worker of the current version ${buildId} of ${deploymentName} polls the queue ${queue}${seen}; the job continues as soon as one does.`,
    [
      startOf(version, queue),
      other &&
        `Or make a version that has workers the current one: npx durable-jobs deployment rollback ${other.buildId}.`,
    ],
  );
}

const startOf = ({ deploymentName, buildId }: WorkerDeploymentVersion, queue: string): string =>
  `Start workers of that version which serve ${queue} (WORKER_DEPLOYMENT=${deploymentName}, WORKER_BUILD_ID=${buildId}); nothing is lost in the meantime.`;

/** Returns the version that a run is pinned to, by its workflow or by an operator; undefined if it moves to the current version. */
export function pinnedVersionOf({
  raw,
}: Pick<WorkflowExecutionDescription, 'raw'>): WorkerDeploymentVersion | undefined {
  const info = raw.workflowExecutionInfo?.versioningInfo;
  const override = info?.versioningOverride;
  if (override?.autoUpgrade) return undefined;
  const isPinned = info?.behavior === VersioningBehavior.VERSIONING_BEHAVIOR_PINNED;
  const version = override?.pinned?.version ?? (isPinned ? info.deploymentVersion : undefined);
  return version
    ? { deploymentName: version.deploymentName ?? '', buildId: version.buildId ?? '' }
    : undefined;
}
