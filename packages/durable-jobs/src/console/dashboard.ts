import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { z } from 'zod';
import { jobIdParams } from '../jobs/schemas.ts';
import { isEngineUnavailable } from '../engine/client.ts';
import { workflowListUrl, workflowUrl } from '../engine/web-ui.ts';
import { jobQuery } from '../engine/visibility-query.ts';
import { jobFilterQuery } from '../jobs/list/list-query.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { callTimeoutMs } from '../http/timeouts.ts';
import { linkTo } from '../http/mount.ts';

/** Query of `GET /dashboard`: one job, or which jobs to list; without anything, all of them. */
export function dashboardQuery(jobs: JobRegistry) {
  const { type, status } = jobFilterQuery(jobs).shape;
  return z
    .strictObject({ type, status, job: jobIdParams.shape.id.optional() })
    .refine((query) => query.job === undefined || (query.type === undefined && query.status === undefined), {
      path: ['job'],
      message: 'is one job: give neither type nor status with it',
    });
}

/** The path of the view of the Web UI that shows what is asked for, see {@link dashboardQuery}. */
export function dashboardPath(filter: Record<string, string> = {}): string {
  const query = new URLSearchParams(filter).toString();
  return linkTo(query === '' ? '/dashboard' : `/dashboard?${query}`);
}

/** The address in the Web UI of what a query asks for. */
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
      : // Not there yet, or the engine is slow to say: the list shows it once it is.
        `WorkflowId = '${job}'`;
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
