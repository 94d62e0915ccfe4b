import type { WorkflowExecutionInfo } from '@temporalio/client';
import { kebabCase } from '../kebab-case.ts';
import { searchAttributes } from '../../engine/search-attributes.ts';
import type { CommittedStart } from '../outbox/find.ts';
import type { AttemptError } from '../run-state/history.ts';
import { jobLinks, notBefore, type JobStatus } from '../job-view.ts';
import type { RunNow } from '../look-at-run.ts';
import { linkToJob } from '../link-to-job.ts';
import type { Reading } from './reading.ts';

/** A job in a list. An open one has the same state as in its own view at that time. */
export interface ListedJob {
  id: string;
  /** Null until the engine has started it. */
  runId: string | null;
  /** Identifies the start that is committed and not made yet; null for a run. */
  startId: number | null;
  type: string;
  businessKey: string | null;
  status: JobStatus;
  createdAt: string;
  /** When a `scheduled` one begins. */
  startsAt: string | null;
  closedAt: string | null;
  /** Why a `failed` one failed. */
  failure: AttemptError | null;
  /** The error of the last attempt of a `retrying` one. */
  lastError: AttemptError | null;
  links: { self: string; ui: string | null };
}

/** Returns a run as a job of the list. */
export function presentRun(
  { client, uiUrl }: Reading,
  run: Pick<
    WorkflowExecutionInfo,
    'workflowId' | 'runId' | 'type' | 'typedSearchAttributes' | 'startTime' | 'closeTime'
  >,
  { status, startsAt, lastError }: Pick<RunNow, 'status'> & Partial<RunNow>,
): ListedJob {
  return {
    id: run.workflowId,
    runId: run.runId,
    startId: null,
    type: run.type,
    businessKey: run.typedSearchAttributes.get(searchAttributes.businessKey) ?? null,
    status,
    createdAt: run.startTime.toISOString(),
    startsAt: startsAt?.toISOString() ?? null,
    closedAt: run.closeTime?.toISOString() ?? null,
    failure: null,
    lastError: lastError ?? null,
    links: jobLinks(run, { uiUrl, namespace: client.options.namespace }),
  };
}

/** Returns a committed start that is not made yet as a job of the list. */
export function presentStart(start: CommittedStart): ListedJob {
  return {
    id: start.jobId,
    runId: null,
    startId: start.entryId,
    type: start.jobType,
    businessKey: start.jobId.slice(kebabCase(start.jobType).length + 1),
    status: start.isHeld ? 'waiting' : 'scheduled',
    createdAt: start.createdAt.toISOString(),
    startsAt: start.isHeld ? null : notBefore(new Date(), start.startAt ?? start.nextAttemptAt).toISOString(),
    closedAt: null,
    failure: null,
    lastError: null,
    links: { self: linkToJob(start.jobId), ui: null },
  };
}
