import { z } from 'zod';
import { errorJson, time } from '../../http/json.ts';
import { urgencyJson } from '../../values/priority.ts';
import { whyCodes, type Why } from './why.ts';
import { jobJson } from '../job-json.ts';
import { limitKinds } from '../limits/limits-of.ts';
import type { JobRegistry } from '../registry.ts';
import { stepKinds, type Timeline } from '../timeline/timeline.ts';

/** Why one of an application's jobs is in its state, as JSON; see {@link Why}. */
export const whyJson = (jobs: JobRegistry) =>
  z
    .strictObject({
      code: z.enum([
        ...whyCodes,
        ...jobs.all.flatMap(({ waits = {} }) => Object.values(waits).map(({ code }) => code)),
      ]),
      sentence: z.string().meta({ description: 'The same information for people.' }),
      since: time.optional(),
      activity: z.string().optional(),
      attempt: z.int().optional(),
      of: z
        .int()
        .optional()
        .meta({ description: 'The maximum number of attempts; missing if it is unlimited.' }),
      error: errorJson.optional(),
      nextAt: time.optional().meta({ description: 'When the job continues automatically.' }),
      until: time.optional().meta({ description: 'The time until which the job waits.' }),
      queue: z.string().optional(),
      priority: urgencyJson.priority.optional(),
      fairness: urgencyJson.fairness.optional(),
      worker: z.string().optional(),
      by: z
        .string()
        .optional()
        .meta({ description: 'The identity of the caller, as recorded by the engine.' }),
      reason: z.string().optional(),
      limit: z
        .strictObject({ kind: z.enum(limitKinds), key: z.string().nullable(), held: z.int() })
        .optional()
        .meta({ description: 'The limit at which it waits, its key, and how many slots are held.' }),
      debounce: z.strictObject({ key: z.string(), replaced: z.int() }).optional().meta({
        description:
          'The key that is to be quiet before it starts, and how many earlier starts it has replaced.',
      }),
      child: z.string().optional(),
      progress: z.unknown().optional().meta({ description: 'What it last reported of its progress.' }),
      outcome: z.string().optional(),
      actions: z.array(
        z.strictObject({
          does: z.string(),
          method: z.enum(['POST', 'PUT', 'DELETE']).optional(),
          path: z.string().optional(),
          body: z.record(z.string(), z.unknown()).optional(),
        }),
      ),
    })
    .meta({ id: 'Why' }) satisfies z.ZodType<Why>;

/** What happened to a job as JSON, see {@link Timeline}; `why` is what {@link whyJson} returns. */
export const timelineJson = (why: ReturnType<typeof whyJson>) =>
  z
    .strictObject({
      id: z.string(),
      runId: z.string(),
      type: z.string(),
      status: jobJson.shape.status,
      from: time,
      to: time.nullable().meta({ description: 'When the job ended; null while it is open.' }),
      why,
      steps: z.array(
        z.strictObject({
          kind: z.enum(stepKinds),
          at: time,
          until: time.nullable().meta({ description: 'Null while the step is in progress.' }),
          durationMs: z.number().nullable(),
          text: z.string(),
          activity: z.string().optional(),
          attempt: z.int().optional(),
          error: errorJson.optional(),
        }),
      ),
      note: z.string().nullable().meta({ description: 'Says what is omitted, if anything is.' }),
      links: z.strictObject({
        job: z.string(),
        previousRun: z.string().nullable(),
        nextRun: z.string().nullable(),
      }),
    })
    .meta({ id: 'Timeline' }) satisfies z.ZodType<Timeline>;
