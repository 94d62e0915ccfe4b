import { z } from 'zod';
import { json, type RouteDocs, time } from 'durable-jobs/http';

/** API description of the route that creates one of the schedules. */
export const processBulkDocs: Record<string, RouteDocs> = {
  'POST /api/process-bulk': {
    id: 'processBulk',
    summary: 'Create or update the schedule of the daily bulk processing',
    description:
      'Creates the schedule `bulk-process`, which updates the prices of open orders once a day, or restores its declared definition. It accepts no items and starts nothing: to process items now, use `POST /api/bulk-jobs`.',
    answers: {
      200: json(
        'The schedule `bulk-process` exists.',
        z.strictObject({
          scheduleId: z.string(),
          paused: z.boolean(),
          nextRun: time.nullable(),
          links: z.strictObject({ schedule: z.string() }),
        }),
        {
          scheduleId: 'bulk-process',
          paused: false,
          nextRun: '2026-03-03T03:00:00.000Z',
          links: { schedule: '/api/schedules/bulk-process' },
        },
      ),
    },
    problems: ['engineUnavailable'],
  },
};
