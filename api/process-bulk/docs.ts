import { z } from 'zod';
import { json, type RouteDocs, time } from 'durable-jobs/http';

/** API description of the route that makes one of the schedules. */
export const processBulkDocs: Record<string, RouteDocs> = {
  'POST /api/process-bulk': {
    id: 'processBulk',
    summary: 'Create or update the daily bulk processing',
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
