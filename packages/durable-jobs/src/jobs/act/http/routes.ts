import type { Request } from 'express';
import { cancelByKeyBody, reasonBody, rescheduleBody, retryBody, terminateBody } from './schemas.ts';
import { actOnJob, type ActOnJobDeps } from './act-on-job.ts';
import type { ActionRequest } from '../job-actions.ts';
import { Routes } from '../../../http/routing/routes.ts';
import { idOfKey } from '../../job-key.ts';
import { checkStartsOf } from '../../outbox/unchecked-starts.ts';
import { jobIdParams } from '../../schemas.ts';
import { parseBody, parseParams, parseValue } from '../../../http/validate.ts';

/** Routes for actions on jobs. Each responds with the job's state afterwards and the effect of the action. */
export function jobActionRoutes(deps: ActOnJobDeps): Routes {
  const routes = new Routes('/api/jobs');

  const route = (name: ActionRequest['action'], read: (request: Request) => ActionRequest): void => {
    routes.post(`/:id/${name}`, 'operator', async (request, response) => {
      const { id } = parseParams(request, jobIdParams);
      response.status(202).json(await actOnJob(deps, id, read(request)));
    });
  };
  for (const action of ['cancel', 'pause', 'resume'] as const) {
    route(action, (request) => ({ action, ...parseValue(request.body ?? {}, reasonBody) }));
  }
  route('retry', (request) => ({ action: 'retry', ...parseValue(request.body ?? {}, retryBody) }));
  route('terminate', (request) => ({ action: 'terminate', ...parseBody(request, terminateBody) }));
  route('reschedule', (request) => ({ action: 'reschedule', ...parseBody(request, rescheduleBody) }));

  const byKey = cancelByKeyBody(deps.jobs);
  routes.post('/cancel', 'operator', async (request, response) => {
    const { type, key, reason } = parseBody(request, byKey);
    const job = deps.jobs.get(type);
    const id = idOfKey(type, key);
    await checkStartsOf(deps, job, id);
    response.status(202).json(await actOnJob(deps, id, { action: 'cancel', reason }));
  });

  return routes;
}
