import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { isJobType } from '../../contracts/catalogue.ts';
import { kebabCase } from '../../contracts/define-job.ts';
import type { Db } from '../../platform/database/connect.ts';
import { findUndispatchedStart } from '../../platform/outbox/find.ts';
import { findFailedAttempts } from '../../platform/repositories/failed-attempts.ts';
import { jobView, type JobView } from './job-view.ts';

/** What reading a job needs. */
export interface JobReader {
  db: Db;
  client: Client;
  uiUrl: string;
}

/** The newest run of a job, or undefined where neither the engine nor the outbox has one. */
export async function readJob(reader: JobReader, id: string): Promise<JobView | undefined> {
  const run = await readRun(reader, id);
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
    links: { self: `/api/jobs/${id}`, ui: null },
  };
}

/** The newest run that the engine knows; workflows that are no jobs of ours are none of the caller's business. */
async function readRun({ db, client, uiUrl }: JobReader, id: string): Promise<JobView | undefined> {
  const { namespace } = client.options;
  try {
    const description = await client.workflow.getHandle(id).describe();
    if (!isJobType(description.type)) return undefined;
    const run = client.workflow.getHandle(id, description.runId);
    const [history, failedAttempts, result] = await Promise.all([
      run.fetchHistory(),
      findFailedAttempts(db, id, description.runId),
      description.status.name === 'COMPLETED' ? (run.result() as Promise<unknown>) : undefined,
    ]);
    return jobView({ description, history, failedAttempts, result, uiUrl, namespace });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
