import { WorkflowNotFoundError, type Client } from '@temporalio/client';
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
export async function readJob({ db, client, uiUrl }: JobReader, id: string): Promise<JobView | undefined> {
  const handle = client.workflow.getHandle(id);
  const { namespace } = client.options;
  try {
    const description = await handle.describe();
    const run = client.workflow.getHandle(id, description.runId);
    const [history, failedAttempts, result] = await Promise.all([
      run.fetchHistory(),
      findFailedAttempts(db, id, description.runId),
      description.status.name === 'COMPLETED' ? (run.result() as Promise<unknown>) : undefined,
    ]);
    return jobView({ description, history, failedAttempts, result, uiUrl, namespace });
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  const entry = await findUndispatchedStart(db, id);
  return (
    entry && {
      id,
      type: entry.jobType,
      businessKey: id.slice(kebabCase(entry.jobType).length + 1),
      status: 'scheduled',
      createdAt: entry.createdAt.toISOString(),
      closedAt: null,
      attempts: [],
      plannedAttempts: [entry.nextAttemptAt.toISOString()],
      deadline: null,
      result: null,
      failure: null,
      links: { self: `/api/jobs/${id}`, ui: null },
    }
  );
}
