import { jsonOrPage, type ResourceDocs } from '../http/openapi/describe.ts';
import { queuesJson } from './queue-json.ts';

/** API description of workers and queues. */
export const queueDocs: ResourceDocs = {
  name: 'Workers and queues',
  description: 'Which workers are there, and what waits for them.',
  routes: {
    'GET /api/queues': {
      id: 'getQueues',
      summary: 'Read which workers poll each task queue, their versions, and what waits',
      description:
        'The task queues are those of the engine. The tables are the queues in the database: starts, emails, work items and messages.',
      answers: {
        200: jsonOrPage('The workers and queues.', queuesJson, {
          taskQueues: [
            {
              queue: 'jobs',
              kind: 'workflow',
              waiting: 0,
              workers: [
                {
                  worker: '4711@worker-1',
                  version: '1.4.0',
                  polling: true,
                  lastSeenAt: '2026-03-02T09:16:00.000Z',
                },
              ],
            },
          ],
          tables: [{ queue: 'emails', waiting: 2, oldestAt: '2026-03-02T09:15:58.000Z' }],
          deployments: [
            {
              name: 'workers',
              versions: [
                {
                  buildId: '1.4.0',
                  state: 'current',
                  rampPercent: null,
                  createdAt: '2026-03-02T08:00:00.000Z',
                  drainedAt: null,
                  pinnedJobs: 12,
                  movingJobs: 3,
                },
              ],
            },
          ],
        }),
      },
      problems: ['engineUnavailable'],
    },
  },
};
