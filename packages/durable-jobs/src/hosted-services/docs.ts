import { z } from 'zod';
import { serviceParams } from './routes.ts';
import { ownServices } from './own-services.ts';
import type { ServiceView } from './read-services.ts';
import { serviceJsonOf } from './service-json.ts';
import type { ServiceRegistry } from './service-registry.ts';
import { json, jsonOrPage, type ResourceDocs } from '../http/openapi/describe.ts';
import { workflowUrl } from '../engine/web-ui.ts';
import { exampleUi } from '../http/openapi/examples.ts';

const example: ServiceView = {
  id: 'outbox-relay',
  jobId: 'host-service:outbox-relay',
  description: ownServices['outbox-relay'].description,
  state: 'running',
  busy: false,
  worker: 'worker-1:4711',
  workers: [],
  since: '2026-03-02T07:00:02.000Z',
  processed: 1204,
  failed: 0,
  lastActivityAt: '2026-03-02T09:16:00.000Z',
  lastError: null,
  pausedAt: null,
  links: {
    self: '/api/services/outbox-relay',
    job: '/api/jobs/host-service:outbox-relay',
    ui: workflowUrl(exampleUi, 'host-service:outbox-relay'),
  },
};

/** API description of hosted services. */
export function serviceDocs(services: ServiceRegistry): ResourceDocs {
  const serviceJson = serviceJsonOf(services);
  return {
    name: 'Services',
    description: 'Services that run for as long as the system does, each on one worker or on all of them.',
    routes: {
      'GET /api/services': {
        id: 'listServices',
        summary: 'List the hosted services',
        description:
          'Returns where each service runs, since when, and what it is doing. The figures of a service that runs on every worker are sums.',
        answers: {
          200: jsonOrPage('All hosted services.', z.strictObject({ items: z.array(serviceJson) }), {
            items: [example],
          }),
        },
      },
      'GET /api/services/:id': {
        id: 'getService',
        summary: 'Read a hosted service',
        params: serviceParams,
        answers: { 200: jsonOrPage('The service.', serviceJson, example) },
        problems: ['notFound'],
      },
      'POST /api/services/:id/pause': {
        id: 'pauseService',
        summary: 'Pause a hosted service',
        description: 'Work in progress finishes on all workers; new work waits until the service is resumed.',
        params: serviceParams,
        answers: {
          202: json('The request was accepted.', serviceJson, {
            ...example,
            state: 'paused',
            since: null,
            pausedAt: '2026-03-02T09:20:00.000Z',
          }),
        },
        problems: ['notFound', 'engineUnavailable'],
      },
      'POST /api/services/:id/resume': {
        id: 'resumeService',
        summary: 'Resume a paused service',
        params: serviceParams,
        answers: {
          202: json('The request was accepted.', serviceJson, { ...example, state: 'waiting_for_worker' }),
        },
        problems: ['notFound', 'engineUnavailable'],
      },
    },
  };
}
