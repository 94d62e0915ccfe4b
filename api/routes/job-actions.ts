import type { Request } from 'express';
import { callerOf } from '../access/caller.ts';
import type { AppDeps } from '../deps.ts';
import { reasonBody, rescheduleBody, terminateBody } from '../jobs/actions/schemas.ts';
import { actOnJob, type ActionRequest } from '../jobs/actions/act-on-job.ts';
import { batchBody } from '../jobs/actions/batch-body.ts';
import { startBatch, tryBatch } from '../jobs/actions/batch.ts';
import { Routes } from '../routing/routes.ts';
import { jobIdParams } from '../schemas.ts';
import { parseBody, parseParams, parseValue } from '../validate.ts';

/** Acting on jobs: each answers with the job as it is then, and what was done. */
export function jobActionRoutes(deps: AppDeps): Routes {
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

  routes.post('/batch', 'operator', async (request, response) => {
    const batch = parseBody(request, batchBody);
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
