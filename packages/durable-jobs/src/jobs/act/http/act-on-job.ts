import type { JobRulesByType } from '../job-rules.ts';
import type { JobRegistry } from '../../registry.ts';
import type { Client } from '@temporalio/client';
import type { ActionRequest } from '../job-actions.ts';
import { planOnRun } from '../act.ts';
import type { Done } from '../plan.ts';
import { findRun } from '../job-run.ts';
import { carryOutPlan } from '../plan.ts';
import { isJustMade, planOnStart } from '../plan-on-start.ts';
import { jobNotStarted, notFound, Problem } from '../../../http/problem.ts';
import { callTimeoutMs } from '../../../http/timeouts.ts';
import { findUndispatchedStart, wasMade, type UndispatchedStart } from '../../outbox/find.ts';
import { readJob, startAfter, type ShownJob } from '../../read-job.ts';
import type { Db } from '../../../database/connect.ts';
import type { ApiConfig } from '../../../config/config.ts';
import type { Dispatcher } from '../../outbox/dispatcher.ts';
import { startNow } from '../../outbox/start-now.ts';

/** Dependencies of actions on a job. */
export interface ActOnJobDeps {
  db: Db;
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
  dispatcher: Dispatcher;
  config: Pick<ApiConfig, 'TEMPORAL_UI_URL'>;
}

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
  if (request.action === 'retry') await retried(deps, starts);
  else deps.dispatcher.start(starts);
  return { ...(await show(deps, id)), action: { name: request.action, did } };
}

/**
 * Waits for the runs that a retry starts: only the engine knows whether another run has come in between.
 * @throws {Problem} if one has.
 */
async function retried({ dispatcher }: ActOnJobDeps, starts: Done['starts']): Promise<void> {
  const outcomes = await Promise.all(starts.map((entry) => dispatcher.dispatch(entry)));
  if (outcomes.some((outcome) => outcome?.kind === 'exists')) {
    throw new Problem('jobNotRetryable', 'Another run of the job has started or completed in the meantime.');
  }
}

async function actOnNewest(deps: ActOnJobDeps, id: string, request: ActionRequest): Promise<Done> {
  return deps.temporal.withDeadline(Date.now() + callTimeoutMs, async () => {
    const before = await actOnce(deps, id, request);
    // Its start was just made, for this action or by the process that committed it, so the action applies to the run.
    const done = before === 'just-started' ? await actOnce(deps, id, request) : before;
    if (done === 'just-started') throw jobNotStarted();
    return done;
  });
}

async function actOnce(
  deps: ActOnJobDeps,
  id: string,
  request: ActionRequest,
): Promise<Done | 'just-started'> {
  const { temporal: client, db, jobs, jobRules } = deps;
  const acting = { db, client, jobs, jobRules };
  const unmade = await findUndispatchedStart(db, id);
  const run = await findRun(acting, id);
  const start = startAfter(unmade, run);
  // A run whose retry was withdrawn can be retried again.
  const isRetryOfRun =
    request.action === 'retry' &&
    request.scope !== 'attempt' &&
    run !== undefined &&
    start?.withdrawnAt != null;
  if (start && !isRetryOfRun) {
    // The start of a retry that was made before, whose run is the one that has ended, may be hurried.
    const isRepeated = request.action === 'retry' && run !== undefined && run.status !== 'open';
    const meant: ActionRequest = isRepeated ? { ...request, scope: undefined } : request;
    return actOnStart(deps, { id, type: start.jobType }, start, meant);
  }
  if (!run) throw notFound(`job ${id}`);
  return carryOutPlan(db, await planOnRun(acting, run, request));
}

/**
 * Acts on a start that is committed, while the engine does not know the job yet. If only a run can do it, the start is made first.
 * @throws {Problem} `engineUnavailable` if the engine does not make it now.
 */
async function actOnStart(
  deps: ActOnJobDeps,
  job: { id: string; type: string },
  start: UndispatchedStart,
  request: ActionRequest,
): Promise<Done | 'just-started'> {
  const plan = planOnStart(deps, { ...job, start, isThisOnly: false }, request);
  if (plan === 'start-first') {
    if (await startNow(deps, job.id)) return 'just-started';
    throw jobNotStarted('The job has not started yet and cannot be paused: reschedule or cancel it.');
  }
  try {
    return await carryOutPlan(deps.db, plan);
  } catch (error) {
    if (isJustMade(error) && (await wasMade(deps.db, start.entryId))) return 'just-started';
    throw error;
  }
}

async function show(deps: ActOnJobDeps, id: string): Promise<ShownJob> {
  const reader = { db: deps.db, client: deps.temporal, jobs: deps.jobs, uiUrl: deps.config.TEMPORAL_UI_URL };
  const job = await deps.temporal.withDeadline(Date.now() + callTimeoutMs, () => readJob(reader, id));
  if (!job) throw notFound(`job ${id}`);
  return job;
}
