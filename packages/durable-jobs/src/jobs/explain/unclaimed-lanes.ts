import proto from '@temporalio/proto';
import { isOpen } from '../../engine/run-status.ts';
import type { Pollers, TaskKind } from '../../engine/task-queues.ts';
import type { JobSources } from '../job-view.ts';
import { isDue, trackOf } from './activity-facts.ts';
import type { Why } from './why.ts';

const { PendingWorkflowTaskState } = proto.temporal.api.enums.v1;

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

/** Explains a job whose task waits in a queue that no worker polls. */
export function noWorker(queue: string, pollers: Pollers | undefined): Why {
  const seen = pollers?.lastSeenAt;
  return {
    code: 'no_worker',
    sentence: `No worker polls the queue ${queue}${seen ? `: the last one was seen at ${seen.toISOString()}` : ''}; the job continues as soon as one does.`,
    queue,
    actions: [
      { does: `Start a worker that serves ${queue} (WORKER_TASK_QUEUES); nothing is lost in the meantime.` },
    ],
  };
}
