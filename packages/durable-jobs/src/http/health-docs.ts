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
      .meta({ description: 'By what was checked: `database`, `engine`, `taskQueue:jobs` and so on.' }),
  })
  .meta({ id: 'Readiness' });

/** Documentation of `/healthz` and `/readyz`. */
export const healthDocs: ResourceDocs = {
  name: 'Health',
  description: 'For load balancers and probes.',
  routes: {
    'GET /healthz': {
      id: 'getHealth',
      summary: 'See that the process answers',
      answers: { 200: json('It does.', z.strictObject({ status: z.literal('ok') }), { status: 'ok' }) },
    },
    'GET /readyz': {
      id: 'getReadiness',
      summary: 'See whether all that is needed is there',
      description: 'Ready means: the database and the engine answer, and some worker polls each task queue.',
      answers: {
        200: json('Everything is there.', readiness, {
          ready: true,
          checks: { database: { ok: true }, engine: { ok: true }, 'taskQueue:jobs': { ok: true } },
        }),
        503: json('Something is missing.', readiness, {
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
