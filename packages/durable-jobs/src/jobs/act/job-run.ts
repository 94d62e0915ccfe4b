import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { urgencyOfRun } from '../../engine/priority.ts';
import { scheduledStartTime, searchAttributes } from '../../engine/search-attributes.ts';
import { EXPIRES_AT, FIRST_RUN } from '../names.ts';
import type { Urgency } from '../../values/priority.ts';
import type { JobRegistry } from '../registry.ts';
import { endedStatusOf } from '../../engine/run-status.ts';
import type { PendingActivity } from '../run-state/pending-activity.ts';

/** One run of a job, as the engine describes it. */
export interface JobRun {
  id: string;
  runId: string;
  /** The first run of a chain of retries: this one, unless it is a retry. */
  firstRunId: string;
  type: string;
  businessKey: string;
  status: 'open' | 'completed' | 'failed' | 'cancelled' | 'terminated';
  startedAt: Date;
  closedAt: Date | undefined;
  /** When it begins, if the engine is still delaying its start. */
  startsAt: Date | undefined;
  /** Time after which it does not begin. */
  expiresAt: Date | undefined;
  /** Its nominal time: the planned time, if a schedule started it. */
  nominalTime: Date;
  pending: readonly PendingActivity[];
  /** Events in its history, to which every message adds. */
  historyLength: number;
  /** Its priority and fairness. */
  urgency: Urgency;
  /** Whether it only waits for a timer, a message or another job: no activity is running or due. */
  isIdle: boolean;
}

/** Returns a run of a job, by default the newest; undefined if it does not exist or is not one of our jobs. */
export async function findRun(
  { client, jobs }: { client: Client; jobs: JobRegistry },
  id: string,
  runId?: string,
): Promise<JobRun | undefined> {
  try {
    const description = await client.workflow.getHandle(id, runId).describe();
    return jobs.has(description.type) ? toRun(description) : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

function toRun(description: WorkflowExecutionDescription): JobRun {
  const { type, workflowId, runId, executionTime, startTime, raw } = description;
  const expiresAt = description.memo?.[EXPIRES_AT];
  const status = endedStatusOf(description) ?? 'open';
  const pending = raw.pendingActivities ?? [];
  // A message that changed the start has ended the engine's delay: the history then has more than the start event.
  const isHeld =
    status === 'open' &&
    executionTime &&
    executionTime.getTime() > Date.now() &&
    description.historyLength === 1;
  return {
    id: workflowId,
    runId,
    firstRunId: firstRunOf(description),
    type,
    businessKey: description.typedSearchAttributes.get(searchAttributes.businessKey) ?? '',
    status,
    startedAt: startTime,
    closedAt: description.closeTime,
    startsAt: isHeld ? executionTime : undefined,
    expiresAt: typeof expiresAt === 'string' ? new Date(expiresAt) : undefined,
    nominalTime: description.typedSearchAttributes.get(scheduledStartTime) ?? startTime,
    pending,
    historyLength: description.historyLength,
    urgency: urgencyOfRun(description.priority),
    isIdle: status === 'open' && pending.length === 0 && !raw.pendingWorkflowTask,
  };
}

/** Recorded in the memo if an operator retried the run; otherwise the engine knows it from continue-as-new. */
function firstRunOf({ memo, runId, raw }: WorkflowExecutionDescription): string {
  const noted = memo?.[FIRST_RUN];
  if (typeof noted === 'string') return noted;
  const known = raw.workflowExecutionInfo?.firstRunId ?? '';
  return known === '' ? runId : known;
}
