import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { isJobType } from '../../contracts/catalogue.ts';
import { kebabCase } from '../../contracts/define-job.ts';
import type { Db } from '../../platform/database/connect.ts';
import { findUndispatchedStart } from '../../platform/outbox/find.ts';
import { findFailedAttempts } from '../../platform/repositories/failed-attempts.ts';
import { findRetry } from '../../platform/repositories/job-retries.ts';
import { jobView, type JobView } from './job-view.ts';

/** What reading a job needs. */
export interface JobReader {
  db: Db;
  client: Client;
  uiUrl: string;
}

/** A run of a job, the newest where none is named, or undefined where neither the engine nor the outbox has one. */
export async function readJob(reader: JobReader, id: string, runId?: string): Promise<JobView | undefined> {
  const run = await readRun(reader, id, runId);
  if (runId !== undefined) return run;
  if (run?.closedAt === null) return run;
  const entry = await findUndispatchedStart(reader.db, id);
  // A start that was made and is not marked yet is older than the end of its run.
  if (run?.closedAt && entry && entry.createdAt.getTime() <= Date.parse(run.closedAt)) return run;
  if (!entry) return run;
  return {
    id,
    runId: null,
    type: entry.jobType,
    businessKey: id.slice(kebabCase(entry.jobType).length + 1),
    status: 'scheduled',
    createdAt: entry.createdAt.toISOString(),
    closedAt: null,
    attempts: [],
    plannedAttempts: [(entry.startAt ?? entry.nextAttemptAt).toISOString()],
    deadline: null,
    result: null,
    failure: null,
    links: { self: `/api/jobs/${id}`, ui: null, retryOf: null, retriedBy: null },
  };
}

/** A run that the engine knows; workflows that are no jobs of ours are none of the caller's business. */
async function readRun(
  { db, client, uiUrl }: JobReader,
  id: string,
  runId?: string,
): Promise<JobView | undefined> {
  const { namespace } = client.options;
  try {
    const description = await client.workflow.getHandle(id, runId).describe();
    if (!isJobType(description.type)) return undefined;
    const run = client.workflow.getHandle(id, description.runId);
    const [history, failedAttempts, retry, result] = await Promise.all([
      run.fetchHistory(),
      findFailedAttempts(db, id, description.runId),
      findRetry(db, id, description.runId),
      description.status.name === 'COMPLETED' ? (run.result() as Promise<unknown>) : undefined,
    ]);
    return jobView({ description, history, failedAttempts, retry, result, uiUrl, namespace });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
