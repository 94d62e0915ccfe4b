import type { JobRulesByType } from '../job-rules.ts';
import type { JobRegistry } from '../../registry.ts';
import type { Client } from '@temporalio/client';
import type { BatchAction } from '../job-actions.ts';
import { actOnRun } from '../act.ts';
import { endStart } from '../end-start.ts';
import type { Done } from '../end-job.ts';
import { rescheduleRun, startExpiresBefore } from '../hold-job.ts';
import { findRun } from '../job-run.ts';
import { ActionRefusedError } from '../refusal.ts';
import { rescheduleStart } from '../../outbox/reschedule.ts';
import { jobNotStarted, notFound, Problem } from '../../../http/problem.ts';
import { callTimeoutMs } from '../../../http/timeouts.ts';
import { findStartToCome, readJob, type ShownJob } from '../../read-job.ts';
import type { Db } from '../../../database/connect.ts';
import type { ApiConfig } from '../../../config/config.ts';
import type { Dispatcher } from '../../outbox/dispatcher.ts';

/** Dependencies of actions on a job. */
export interface ActOnJobDeps {
  db: Db;
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
  dispatcher: Dispatcher;
  config: Pick<ApiConfig, 'TEMPORAL_UI_URL'>;
}

/** A request for an action on one job. */
export type ActionRequest =
  { action: BatchAction; reason?: string | undefined } | { action: 'reschedule'; at: Date };

/** A job after an action, and the effect of the action. */
export interface ActedOnJob extends ShownJob {
  action: { name: ActionRequest['action']; did: string };
}

/**
 * Acts on the newest run of a job, and returns the job's state afterwards.
 * @throws {Problem} if there is no such job, or its start is committed and not made yet.
 * @throws {ActionRefusedError} if its state or its type's rules forbid it.
 */
export async function actOnJob(deps: ActOnJobDeps, id: string, request: ActionRequest): Promise<ActedOnJob> {
  const { did, starts } = await actOnNewest(deps, id, request);
  const outcomes = await Promise.all(starts.map((entry) => deps.dispatcher.dispatch(entry)));
  if (request.action === 'retry' && outcomes.some((outcome) => outcome?.kind === 'exists')) {
    throw new Problem('jobNotRetryable', 'Another run of the job has started or completed in the meantime.');
  }
  return { ...(await show(deps, id)), action: { name: request.action, did } };
}

async function actOnNewest(deps: ActOnJobDeps, id: string, request: ActionRequest): Promise<Done> {
  const { temporal: client, db, jobs, jobRules } = deps;
  const acting = { db, client, jobs, jobRules };
  return client.withDeadline(Date.now() + callTimeoutMs, async () => {
    const run = await findRun(acting, id);
    const start = await findStartToCome(db, id, run);
    if (start) return actOnStart(deps, { id, type: start.jobType }, request);
    if (!run) throw notFound(`job ${id}`);
    return request.action === 'reschedule'
      ? rescheduleRun(acting, run, request.at)
      : actOnRun(acting, run, request);
  });
}

/**
 * Acts on a start that is committed, while the engine does not know the job yet.
 * @throws {Problem} `engineUnavailable` if only the job itself could do it, which exists as soon as the engine is available.
 */
async function actOnStart(
  deps: ActOnJobDeps,
  job: { id: string; type: string },
  request: ActionRequest,
): Promise<Done> {
  switch (request.action) {
    case 'cancel':
    case 'terminate':
      return endStart(deps, job, request.action);
    case 'retry':
      return { did: 'The job has been accepted and is about to start.', starts: [] };
    case 'resume':
      throw new ActionRefusedError('jobNotPaused', 'The job has not started yet and is not paused.');
    case 'pause':
      throw jobNotStarted('The job has not started yet and cannot be paused: reschedule or cancel it.');
    case 'reschedule': {
      const text = request.at.toISOString();
      const outcome = await rescheduleStart(deps.db, job.id, request.at);
      if (outcome === 'moved') return { did: `The job starts at ${text}.`, starts: [] };
      if (typeof outcome === 'object') throw startExpiresBefore(outcome.expiresAt);
      throw jobNotStarted('The start may be in progress at this moment: try again, or cancel the job.');
    }
  }
}

async function show(deps: ActOnJobDeps, id: string): Promise<ShownJob> {
  const reader = { db: deps.db, client: deps.temporal, jobs: deps.jobs, uiUrl: deps.config.TEMPORAL_UI_URL };
  const job = await deps.temporal.withDeadline(Date.now() + callTimeoutMs, () => readJob(reader, id));
  if (!job) throw notFound(`job ${id}`);
  return job;
}
