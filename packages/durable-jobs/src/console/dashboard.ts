import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { z } from 'zod';
import { jobIdText } from '../jobs/job-key.ts';
import { isEngineUnavailable } from '../engine/client.ts';
import { workflowListUrl, workflowUrl } from '../engine/web-ui.ts';
import { Condition, jobQuery } from '../engine/visibility-query.ts';
import { jobFilterQuery } from '../jobs/list/list-query.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { callTimeoutMs } from '../http/timeouts.ts';

/** Query of `GET /dashboard`: a job, or a filter of the list; by default all jobs. */
export function dashboardQuery(jobs: JobRegistry) {
  const { type, status } = jobFilterQuery(jobs).shape;
  return z
    .strictObject({ type, status, job: jobIdText.optional() })
    .refine((query) => query.job === undefined || (query.type === undefined && query.status === undefined), {
      path: ['job'],
      message: 'selects one job: omit type and status',
    });
}

/** Returns the Web UI's URL for a query. */
export async function dashboardUrl(
  { client, uiUrl }: { client: Client; uiUrl: string },
  { job, type, status }: z.output<ReturnType<typeof dashboardQuery>>,
): Promise<string> {
  const ui = { uiUrl, namespace: client.options.namespace };
  if (job !== undefined) {
    const runId = await newestRun(client, job);
    if (runId !== undefined) return workflowUrl(ui, job, runId);
  }
  const query =
    job === undefined
      ? jobQuery({ ...(type && { types: [type] }), ...(status && { statuses: [status] }) })
      : // The job does not exist yet, or the engine is slow: the list shows it once it does.
        Condition.isOneOf('WorkflowId', [job]).toString();
  return workflowListUrl(ui, query);
}

async function newestRun(client: Client, id: string): Promise<string | undefined> {
  try {
    const { runId } = await client.withDeadline(Date.now() + callTimeoutMs, () =>
      client.workflow.getHandle(id).describe(),
    );
    return runId;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isEngineUnavailable(error)) return undefined;
    throw error;
  }
}
