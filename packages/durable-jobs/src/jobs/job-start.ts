import { z } from 'zod';
import { time } from '../http/json.ts';

/** A start that was committed for a job, as JSON. */
export const jobStartJson = z
  .strictObject({
    acceptedAt: time,
    startAt: time.nullable().meta({ description: 'The requested time; null to start at once.' }),
    expiresAt: time
      .nullable()
      .meta({ description: 'The job does not start after this time; null if the start never expires.' }),
    outcome: z
      .enum([
        'pending',
        'waiting',
        'started',
        'delivered',
        'exists',
        'withdrawn',
        'dead',
        'discarded',
        'expired',
        'skipped',
        'replaced',
        'held',
      ])
      .meta({
        description:
          '`pending` until the engine has the start, `waiting` for an open run to end, `started` as the run `runId`, `delivered` to that run as a message, not made because the job `exists` with that run, `withdrawn` before it was made, `dead` because it cannot be made, `discarded` after that, not made because it had `expired`, `held` until the jobs that it waits for have ended, `skipped` because they ended otherwise, or `replaced` by another start of its key, because the job is debounced or its concurrency keeps one start.',
      }),
    runId: z.string().nullable(),
  })
  .meta({ id: 'JobStart' });

/** See {@link jobStartJson}. */
export type JobStart = z.output<typeof jobStartJson>;
