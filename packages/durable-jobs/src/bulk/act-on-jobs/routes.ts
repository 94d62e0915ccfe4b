import { nameInAudit } from '../../access/audit-params.ts';
import { callerOf } from '../../http/caller.ts';
import { Routes } from '../../http/routing/routes.ts';
import { parseBody } from '../../http/validate.ts';
import { batchBody, type Batch } from './batch-body.ts';
import { startBatch, tryBatch, type BatchDeps } from './batch.ts';

/** Routes for acting on many jobs: they create a bulk job from the matching jobs, or list these for a dry run. */
export function jobBatchRoutes(deps: BatchDeps): Routes {
  const routes = new Routes('/api/jobs');

  const body = batchBody(deps.jobs);
  routes.post('/batch', 'operator', async (request, response) => {
    const batch = parseBody(request, body);
    nameInAudit(response, auditParams(batch));
    if (batch.dryRun) {
      response.json(await tryBatch(deps, batch));
      return;
    }
    const started = await startBatch(deps, batch, callerOf(request));
    if (started.id !== null) nameInAudit(response, { bulkJobId: started.id });
    if (started.links.bulkJob !== null) response.location(started.links.bulkJob);
    response.status(202).json(started);
  });

  return routes;
}

/** What the audit trail says of a batch: the action, and the jobs that are named, each of which is found by its id. */
function auditParams({ request, dryRun, jobs = [] }: Batch): Record<string, string> {
  const ids = new Set(jobs.map(({ id }) => id));
  return {
    action: request.action,
    ...(dryRun && { mode: 'dry run' }),
    ...Object.fromEntries([...ids].map((id, index) => [`job${index + 1}`, id])),
  };
}
