import type { Request } from 'express';
import { callerOf } from '../../../access/caller.ts';
import { reasonBody, rescheduleBody, terminateBody } from './schemas.ts';
import { actOnJob, type ActionRequest, type ActOnJobDeps } from './act-on-job.ts';
import { batchBody } from './batch-body.ts';
import { startBatch, tryBatch, type BatchDeps } from './batch.ts';
import { Routes } from '../../../http/routing/routes.ts';
import { jobIdParams } from '../../schemas.ts';
import { parseBody, parseParams, parseValue } from '../../../http/validate.ts';

/** What the routes that act on jobs need. */
export type JobActionRoutesDeps = ActOnJobDeps & BatchDeps;

/** Acting on jobs: each answers with the job as it is then, and what was done. */
export function jobActionRoutes(deps: JobActionRoutesDeps): Routes {
  const routes = new Routes('/api/jobs');

  const route = (name: ActionRequest['action'], read: (request: Request) => ActionRequest): void => {
    routes.post(`/:id/${name}`, 'operator', async (request, response) => {
      const { id } = parseParams(request, jobIdParams);
      response.status(202).json(await actOnJob(deps, id, read(request)));
    });
  };
  for (const action of ['cancel', 'retry', 'pause', 'resume'] as const) {
    route(action, (request) => ({ action, ...parseValue(request.body ?? {}, reasonBody) }));
  }
  route('terminate', (request) => ({ action: 'terminate', ...parseBody(request, terminateBody) }));
  route('reschedule', (request) => ({ action: 'reschedule', ...parseBody(request, rescheduleBody) }));

  const body = batchBody(deps.jobs);
  routes.post('/batch', 'operator', async (request, response) => {
    const batch = parseBody(request, body);
    if (batch.dryRun) {
      response.json(await tryBatch(deps, batch));
      return;
    }
    const started = await startBatch(deps, batch, callerOf(request));
    if (started.links.bulkJob !== null) response.location(started.links.bulkJob);
    response.status(202).json(started);
  });

  return routes;
}
