import proto from '@temporalio/proto';
import type { JobSources } from '../job-view.ts';
import { toDate } from '../run-state/history.ts';
import { post, withoutStop } from './sentences.ts';
import { lacksWorker, noWorker, pinnedVersionOf, type PollersOf } from './unclaimed-lanes.ts';
import type { Why } from './why.ts';

const { PendingWorkflowTaskState, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** Explains a workflow whose own code is stuck: no worker runs it, it throws, or it does not replay. */
export function explainCode({ description, summary }: JobSources, pollersOf: PollersOf): Why | undefined {
  const task = description.raw.pendingWorkflowTask;
  if (!task) return undefined;
  const queue = description.taskQueue;
  const since = toDate(task.originalScheduledTime)?.toISOString();
  const sinceFact = since === undefined ? {} : { since };
  const isUnclaimed = task.state === PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED;
  const pollers = pollersOf({ queue, kind: 'workflow' });
  if (isUnclaimed && lacksWorker(pollers)) {
    return { ...noWorker(queue, pollers, pinnedVersionOf(description)), ...sinceFact };
  }
  const { codeFailure } = summary;
  if (!codeFailure || (task.attempt ?? 1) < 2) return undefined;
  const facts = {
    ...sinceFact,
    queue,
    attempt: task.attempt ?? 1,
    ...(codeFailure.error ? { error: codeFailure.error } : {}),
  };
  const message = withoutStop(codeFailure.error?.message ?? 'no message');
  if (codeFailure.cause === 'timeout') {
    return {
      code: 'worker_lost',
      sentence: `The worker that received its last step did not respond; the step is retried (attempt ${facts.attempt}).`,
      ...facts,
      actions: [{ does: `Check whether the workers of ${queue} are running and not overloaded.` }],
    };
  }
  if (codeFailure.cause === WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR) {
    return {
      code: 'code_does_not_replay',
      sentence: `The worker's code is not compatible with the history of this job (${message}); the step is retried until compatible code is deployed.`,
      ...facts,
      actions: [
        {
          does: 'Deploy the code that the job started with, or code with the change behind patched(); nothing is lost.',
        },
        post(description.workflowId, 'terminate', 'Ends the job without a result.'),
      ],
    };
  }
  return {
    code: 'code_fails',
    sentence: `The workflow code fails (${message}); the step is retried until working code is deployed.`,
    ...facts,
    actions: [
      { does: 'Deploy working code; nothing is lost.' },
      post(description.workflowId, 'terminate', 'Ends the job without a result.'),
    ],
  };
}
