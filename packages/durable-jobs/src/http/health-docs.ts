import { z } from 'zod';
import { json, type ResourceDocs } from './openapi/describe.ts';

const check = z.union([
  z.strictObject({ ok: z.literal(true) }),
  z.strictObject({
    ok: z.literal(false),
    reason: z.enum(['timeout', 'unreachable', 'not_polled', 'not_running']),
  }),
]);

const readiness = z
  .strictObject({
    ready: z.boolean(),
    checks: z
      .record(z.string(), check)
      .meta({ description: 'The results by check: `database`, `engine`, `taskQueue:jobs` and so on.' }),
  })
  .meta({ id: 'Readiness' });

/** API description of `/healthz` and `/readyz`. */
export const healthDocs: ResourceDocs = {
  name: 'Health',
  description: 'For load balancers and probes.',
  routes: {
    'GET /healthz': {
      id: 'getHealth',
      summary: 'Check that the process responds',
      answers: {
        200: json('The process responds.', z.strictObject({ status: z.literal('ok') }), { status: 'ok' }),
      },
    },
    'GET /readyz': {
      id: 'getReadiness',
      summary: 'Check that everything that is needed is available',
      description:
        'Ready means that the database and the engine respond, and that a worker polls each task queue.',
      answers: {
        200: json('Everything is available.', readiness, {
          ready: true,
          checks: { database: { ok: true }, engine: { ok: true }, 'taskQueue:jobs': { ok: true } },
        }),
        503: json('Something is unavailable.', readiness, {
          ready: false,
          checks: {
            database: { ok: true },
            engine: { ok: false, reason: 'timeout' },
            'taskQueue:jobs': { ok: false, reason: 'not_polled' },
          },
        }),
      },
    },
  },
};
