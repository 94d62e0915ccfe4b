import { createHash } from 'node:crypto';
import { WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { isEnded } from '../engine/run-status.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Shown } from '../http/events/stream.ts';
import { Watcher } from '../http/events/watcher.ts';
import { callTimeoutMs } from '../http/timeouts.ts';
import type { Why } from './explain/why.ts';
import type { JobView } from './job-view.ts';
import type { JobProgressByType } from './progress.ts';
import { progressByRows, readRecord, viewOf, type JobReader } from './read-job.ts';
import { explainRecord } from './explain/read-why.ts';

/** Polling interval of a watched job, whatever the number of watchers. */
const LOOK_MS = 1_000;
/** Interval at which a job is read again even if the engine shows no change: workers may have come or gone, or a time may have passed. */
const FRESH_MS = 10_000;

/** Dependencies of watching jobs. */
export interface WatchDeps extends JobReader {
  jobProgress: JobProgressByType;
}

/** The last read state of a job, and what is compared to detect changes. */
export interface SeenJob {
  view: JobView;
  why: Why;
  /** Null if it has reported none. */
  progress: unknown;
  signature: string;
  readAt: number;
}

/** Watches jobs: each job's description is read every second, and everything else only if that has changed. */
export function watchJobs(reader: WatchDeps, logger: Logger): Watcher<SeenJob> {
  return new Watcher<SeenJob>({
    look: (id, before) => lookAtJob(reader, id, before),
    hasEnded: ({ view }) => isEnded(view.status),
    everyMs: LOOK_MS,
    onError: (error, id) => logger.warn({ err: error, jobId: id }, 'a job that is watched could not be read'),
  });
}

/** Returns a job's current state, or undefined if it does not exist; the previous state is returned if nothing has changed. */
export async function lookAtJob(
  reader: WatchDeps,
  id: string,
  before?: SeenJob,
): Promise<SeenJob | undefined> {
  return reader.client.withDeadline(Date.now() + callTimeoutMs, async () => {
    const signature = await signatureOf(reader, id);
    const isFresh = before !== undefined && Date.now() - before.readAt < FRESH_MS;
    if (isFresh && before.signature === signature && before.view.runId !== null) {
      return { ...before, progress: await progressOf(reader, before.view) };
    }
    const record = await readRecord(reader, id);
    if (!record) return undefined;
    const view = viewOf(id, record);
    const [why, progress] = await Promise.all([explainRecord(reader, record), progressOf(reader, view)]);
    return { view, why, progress, signature, readAt: Date.now() };
  });
}

/** A job as an event: `status` at each change, `end` once it has ended. */
export function showJob({ view, why, progress }: Pick<SeenJob, 'view' | 'why' | 'progress'>): Shown {
  const { id, runId, type, status, attempts, plannedAttempts, result, failure } = view;
  const attempt = attempts.at(-1) ?? null;
  const data = { id, runId, type, status, why, attempt, plannedAttempts, progress, result, failure };
  // What is planned moves with the clock while an attempt runs or is due; why says what of it is fixed.
  const told = JSON.stringify({ ...data, plannedAttempts: [] });
  const hash = createHash('sha256').update(told).digest('base64url').slice(0, 16);
  return { id: hash, name: isEnded(status) ? 'end' : 'status', data };
}

async function signatureOf({ client }: JobReader, id: string): Promise<string> {
  try {
    return describe(await client.workflow.getHandle(id).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return '';
    throw error;
  }
}

/** All of a description that tells of a change. */
function describe({ runId, status, historyLength, raw }: WorkflowExecutionDescription): string {
  const pending = (raw.pendingActivities ?? []).map((activity) => [
    activity.activityId,
    activity.attempt,
    Number(activity.state),
    activity.paused,
    activity.nextAttemptScheduleTime?.seconds?.toString(),
    activity.heartbeatDetails?.payloads?.map(({ data }) => data && Buffer.from(data).toString('base64')),
  ]);
  const task = raw.pendingWorkflowTask;
  return JSON.stringify([
    runId,
    status.name,
    historyLength,
    pending,
    task && [Number(task.state), task.attempt],
  ]);
}

async function progressOf(reader: WatchDeps, view: JobView): Promise<unknown> {
  return (await progressByRows(reader, view)) ?? view.progress;
}
