import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { kebabCase } from './kebab-case.ts';
import type { Db } from '../database/connect.ts';
import { findUndispatchedStart, isFollowed, listStartsOf, type UndispatchedStart } from './outbox/find.ts';
import { isEngineUnavailable } from '../engine/client.ts';
import { isCompleted } from '../engine/run-status.ts';
import { summariseHistory } from './run-state/history.ts';
import { findFailedAttempts } from './failed-attempts.ts';
import { findRetry } from './run-records/job-retries.ts';
import type { JobStart } from './job-start.ts';
import type { JobProgress, JobProgressByType } from './progress.ts';
import { readRunProgress } from './explain/run-progress.ts';
import type { JobRegistry } from './registry.ts';
import type { EndedStatus } from '../engine/run-status.ts';
import type { AttemptError } from './run-state/history.ts';
import type { LimitedWait } from './limits/waiting-at.ts';
import { jobView, notBefore, type JobSources, type JobView } from './job-view.ts';
import { shownUrgency } from '../values/priority.ts';
import { linkToGroup } from './flow/link-to-group.ts';
import { linkToJob } from './link-to-job.ts';

/** Dependencies of reading jobs. */
export interface JobReader {
  db: Db;
  client: Client;
  jobs: JobRegistry;
  uiUrl: string;
  /** Functions for jobs that report their progress in rows. */
  jobProgress?: JobProgressByType;
}

/** The record of a job: its newest run, or its start if the engine does not have the run yet. */
export type JobRecord =
  | { run: JobSources; start?: undefined }
  /** `isEngineAway`: what is known is the start's row alone. */
  | { run?: undefined; start: UndispatchedStart; isEngineAway: boolean };

/** A job in a response: one run, and the starts that were committed for any of its runs. */
export interface ShownJob extends JobView {
  starts: JobStart[];
}

/** Returns a run of a job, by default the newest; undefined if neither the engine nor the outbox has one. */
export async function readJob(reader: JobReader, id: string, runId?: string): Promise<ShownJob | undefined> {
  const [view, starts] = await Promise.all([readView(reader, id, runId), readStarts(reader, id)]);
  if (!view) return undefined;
  return { ...view, progress: (await progressByRows(reader, view)) ?? view.progress, starts };
}

async function readView(reader: JobReader, id: string, runId?: string): Promise<JobView | undefined> {
  if (runId !== undefined) {
    const run = await readRun(reader, id, runId);
    return run && jobView(run);
  }
  const record = await readRecord(reader, id);
  return record && viewOf(id, record);
}

/** Returns a job's progress from its rows; null if jobs of its type do not report there. */
export async function progressByRows(
  { db, jobProgress }: Pick<JobReader, 'db' | 'jobProgress'>,
  { type, businessKey }: Pick<JobView, 'type' | 'businessKey'>,
): Promise<JobProgress | null> {
  if (businessKey === null) return null;
  return (await jobProgress?.get(type)?.(db, businessKey)) ?? null;
}

/** Starts that a job is shown with. */
const MOST_STARTS = 10;

/** The newest starts that were committed for a job, as JSON. */
export async function readStarts({ db }: Pick<JobReader, 'db'>, id: string): Promise<JobStart[]> {
  const starts = await listStartsOf(db, id, MOST_STARTS);
  return starts.map(({ acceptedAt, startAt, expiresAt, ...start }) => ({
    acceptedAt: acceptedAt.toISOString(),
    startAt: startAt?.toISOString() ?? null,
    expiresAt: expiresAt?.toISOString() ?? null,
    ...start,
  }));
}

/**
 * What is known of a job, or undefined where neither the engine nor the outbox has one. The outbox is read before the engine: a start that is
 * made in between is found there, and one that was marked as made before is too.
 * @throws the client's error where the engine is away and the job may have a run.
 */
export async function readRecord(reader: JobReader, id: string): Promise<JobRecord | undefined> {
  const unmade = await findUndispatchedStart(reader.db, id);
  let run: JobSources | undefined;
  try {
    run = await readRun(reader, id);
  } catch (error) {
    if (!unmade || !isEngineUnavailable(error) || (await isFollowed(reader.db, id, unmade.entryId)))
      throw error;
    return { start: unmade, isEngineAway: true };
  }
  const start = startAfter(
    unmade,
    run && { startedAt: run.description.startTime, closedAt: run.description.closeTime },
  );
  return start ? { start, isEngineAway: false } : run && { run };
}

/**
 * Returns a start as far as it comes after the newest run of its job; undefined where it does not, or the run is open. The start must
 * have been read before the run.
 */
export function startAfter(
  start: UndispatchedStart | undefined,
  newest: { startedAt: Date; closedAt: Date | undefined } | undefined,
): UndispatchedStart | undefined {
  if (!start || !newest) return start;
  if (!newest.closedAt) return undefined;
  if (start.waitsFor !== null || start.heldFor !== null) return start;
  // A start that was made and is not marked yet is older than its run; one that was accepted while the run was open is still to be made.
  const since = endOfStart(start) ? newest.closedAt : newest.startedAt;
  return start.createdAt > since ? start : undefined;
}

/** A job as it is shown. */
export function viewOf(id: string, { run, start }: JobRecord): JobView {
  if (run) return jobView(run);
  const end = endOfStart(start);
  return {
    id,
    runId: null,
    type: start.jobType,
    businessKey: id.slice(kebabCase(start.jobType).length + 1),
    status: end?.status ?? (start.heldFor ? 'waiting' : 'scheduled'),
    createdAt: start.createdAt.toISOString(),
    closedAt: end?.at.toISOString() ?? null,
    cancelRequestedAt: null,
    ...shownUrgency(start),
    attempts: [],
    plannedAttempts: end ? [] : plannedStart(start).map((at) => notBefore(new Date(), at).toISOString()),
    deadline: null,
    progress: null,
    result: null,
    failure: end?.failure ?? null,
    links: {
      self: linkToJob(id),
      ui: null,
      retryOf: null,
      retriedBy: null,
      waitsFor: linkOf(start),
      replacedBy: start.replaced?.by == null ? null : linkToJob(start.replaced.by),
    },
  };
}

/** When a start is made, if that is known. */
function plannedStart({ heldFor, startAt, nextAttemptAt }: UndispatchedStart): Date[] {
  if (!heldFor) return [startAt ?? nextAttemptAt];
  return 'debounce' in heldFor ? [heldFor.debounce.startsAt] : [];
}

/** The job or group that a held start waits for; at a limit, the job that has held its slot for the longest time. */
function linkOf({ heldFor }: UndispatchedStart): string | null {
  if (!heldFor) return null;
  if ('debounce' in heldFor) return null;
  if ('groupId' in heldFor) return linkToGroup(heldFor.groupId);
  const jobId = 'limit' in heldFor ? holderOf(heldFor.limit) : heldFor.jobId;
  return jobId === null ? null : linkToJob(jobId);
}

function holderOf(limit: LimitedWait | 'behind'): string | null {
  return limit === 'behind' || limit.kind === 'throttle' ? null : limit.holder;
}

/** Says that another start has replaced one. */
export function replacedInWords({ by, isByEarlier }: NonNullable<UndispatchedStart['replaced']>): string {
  if (by === null) return 'Another start of its key replaced it before it was made.';
  return isByEarlier
    ? `It was not made because an earlier start of its key had an open run: the job ${by} runs in its place.`
    : `A later start of its key replaced it before it was made: the job ${by} runs in its place.`;
}

/** Returns how a job ended without a start; undefined if the start is still to be made. */
export function endOfStart({
  withdrawnAt,
  dead,
  hasExpired,
  expiresAt,
  lastError,
  skippedAt,
  replaced,
}: UndispatchedStart): { status: EndedStatus; at: Date; failure: AttemptError | null } | undefined {
  if (withdrawnAt) return { status: 'cancelled', at: withdrawnAt, failure: null };
  if (dead) return { status: 'failed', at: dead.at, failure: { code: dead.code, message: lastError ?? '' } };
  if (replaced)
    return {
      status: 'cancelled',
      at: replaced.at,
      failure: { code: 'start_replaced', message: replacedInWords(replaced) },
    };
  if (skippedAt)
    return {
      status: 'cancelled',
      at: skippedAt,
      failure: { code: 'start_skipped', message: lastError ?? '' },
    };
  if (!hasExpired || !expiresAt) return undefined;
  const message = `The start expired at ${expiresAt.toISOString()}: the job was not started.`;
  return { status: 'cancelled', at: expiresAt, failure: { code: 'start_expired', message } };
}

/** Returns a run from the engine, by default the newest. Workflows that are not our jobs are not returned. */
export async function readRun(
  { db, client, jobs, uiUrl }: JobReader,
  id: string,
  runId?: string,
): Promise<JobSources | undefined> {
  const { namespace } = client.options;
  try {
    const description = await client.workflow.getHandle(id, runId).describe();
    const job = jobs.find(description.type);
    if (!job) return undefined;
    const run = client.workflow.getHandle(id, description.runId);
    const [{ events }, failedAttempts, retry, result, progress] = await Promise.all([
      run.fetchHistory(),
      findFailedAttempts(db, id, description.runId),
      findRetry(db, id, description.runId),
      isCompleted(description) ? (run.result() as Promise<unknown>) : undefined,
      readRunProgress(client, description, job),
    ]);
    const history = { events: events ?? [], summary: summariseHistory(events ?? []) };
    return { description, ...history, job, failedAttempts, retry, result, progress, uiUrl, namespace };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
