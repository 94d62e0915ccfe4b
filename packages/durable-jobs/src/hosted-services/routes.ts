import type { Client } from '@temporalio/client';
import { z } from 'zod';
import { pauseServiceSignal, resumeServiceSignal } from './signals.ts';
import { ensureRunning } from '../jobs/outbox/start-job.ts';
import { setPaused } from './rows.ts';
import { sendJsonOrPage } from '../http/pages.ts';
import { notFound } from '../http/problem.ts';
import { Routes } from '../http/routing/routes.ts';
import type { ServiceDefinition } from './define-service.ts';
import { hostService, serviceJobId } from './host-service.ts';
import { serviceListPage, servicePage } from './pages.ts';
import { readServices, type ServiceReader, type ServiceView } from './read-services.ts';
import { callTimeoutMs } from '../http/timeouts.ts';
import type { ServiceRegistry } from './service-registry.ts';
import { parseParams } from '../http/validate.ts';
import type { Db } from '../database/connect.ts';
import type { ApiConfig } from '../config/config.ts';

/** Path parameters of a service; the handler checks that it exists. */
export const serviceParams = z.object({ id: z.string() });

/** Dependencies of the routes of hosted services. */
export interface ServiceRoutesDeps {
  db: Db;
  services: ServiceRegistry;
  temporal: Client;
  config: Pick<ApiConfig, 'TEMPORAL_UI_URL'>;
}

/** Routes of hosted services: where each runs and what it does, and pausing. */
export function serviceRoutes(deps: ServiceRoutesDeps): Routes {
  const routes = new Routes('/api/services');
  const reader: ServiceReader = {
    db: deps.db,
    client: deps.temporal,
    uiUrl: deps.config.TEMPORAL_UI_URL,
  };

  const serviceOf = (request: Parameters<typeof parseParams>[0]): ServiceDefinition => {
    const { id } = parseParams(request, serviceParams);
    const service = deps.services.find(id);
    if (!service) throw notFound(`service ${id}`);
    return service;
  };
  const view = async (service: ServiceDefinition): Promise<ServiceView> => {
    const [found] = await readServices(reader, [service]);
    if (!found) throw notFound(`service ${service.id}`);
    return found;
  };

  routes.get('/', 'viewer', async (request, response) => {
    const items = await readServices(reader, deps.services.all);
    sendJsonOrPage(request, response, {
      json: { items },
      page: () => serviceListPage(items),
    });
  });

  routes.get('/:id', 'viewer', async (request, response) => {
    const json = await view(serviceOf(request));
    sendJsonOrPage(request, response, { json, page: () => servicePage(json) });
  });

  const actions = { pause: pauseServiceSignal, resume: resumeServiceSignal };
  for (const [action, signal] of Object.entries(actions)) {
    routes.post(`/:id/${action}`, 'operator', async (request, response) => {
      const service = serviceOf(request);
      const { id } = service;
      // A service that no worker has started yet can be paused too.
      await deps.temporal.withDeadline(Date.now() + callTimeoutMs, async () => {
        await ensureRunning(deps.temporal, hostService, { serviceId: id });
        await deps.temporal.workflow.getHandle(serviceJobId(id)).signal(signal);
      });
      await setPaused(deps.db, id, action === 'pause');
      response.status(202).json(await view(service));
    });
  }

  return routes;
}
