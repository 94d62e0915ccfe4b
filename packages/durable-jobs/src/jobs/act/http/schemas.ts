import { z } from 'zod';
import { line } from '../../../values/text.ts';
import { instant } from '../../../http/instant.ts';
import { jobJson } from '../../job-json.ts';
import type { JobRegistry } from '../../registry.ts';
import { jobActions, retryScopes } from '../job-actions.ts';
import { isKeyOf, jobKey, keyFault } from '../../job-key.ts';
import type { ActedOnJob } from './act-on-job.ts';

/** Stored in the engine and in our rows, so it must not name a person. */
export const reason = z.string().meta({ minLength: 1 }).trim().pipe(line(500)).meta({
  description:
    'The reason, for people who look at the job later. Must not contain personal data, because the engine keeps it.',
});

/** Body of `POST /api/jobs/:id/cancel`, `/pause` and `/resume`, which may be left out. */
export const reasonBody = z.strictObject({ reason: reason.optional() });

/** The scope of a retry. */
export const retryScope = z.enum(retryScopes).meta({
  description:
    'What the retry may do: `attempt` makes the next attempt of an open job now, `run` starts a job again that has ended. It is refused with `job_not_retryable` if the state of the job does not allow this. Without `scope`, the state of the job decides.',
});

/** Body of `POST /api/jobs/:id/retry`, which may be left out. */
export const retryBody = reasonBody.extend({ scope: retryScope.optional() });

/** Fields of the body of `POST /api/jobs/cancel`. */
export const cancelByKeyFields = z.strictObject({
  type: z.string().meta({ description: 'The type of the job, such as `sendInvoiceReminder`.' }),
  key: jobKey.meta({ description: 'The key of the job: what follows the colon in its id.' }),
  reason: reason.optional(),
});

/** Body of `POST /api/jobs/cancel`, which names a known type. */
export function cancelByKeyBody({ types, has }: JobRegistry) {
  return cancelByKeyFields
    .extend({ type: z.string().refine(has, { error: `must be one of ${types.join(', ')}` }) })
    .refine(({ type, key }) => keyFault(key) !== undefined || isKeyOf(type, key), {
      path: ['key'],
      message: "must be shorter: the job's id would be too long",
    });
}

/** Body of `POST /api/jobs/:id/terminate`. */
export const terminateBody = z.strictObject({ reason });

/** How far ahead a job may be rescheduled: as far as it may be delayed. */
const FARTHEST_MS = 366 * 86_400_000;

/** A time up to which a job may be rescheduled; it may be in the past. */
export const withinReach = instant.refine(
  (at) => at.getTime() <= Date.now() + FARTHEST_MS,
  'must be in the next 366 days',
);

/** When a rescheduled job should continue. */
export const rescheduleTime = withinReach
  .refine((at) => at.getTime() > Date.now(), 'must be in the future')
  .meta({ description: 'When the job should continue.' });

/** Body of `POST /api/jobs/:id/reschedule`. */
export const rescheduleBody = z.strictObject({ at: rescheduleTime });

/** A job after an action, as JSON. */
export const actedOnJobJson = jobJson
  .extend({
    action: z.strictObject({
      name: z.enum(jobActions),
      did: z.string().meta({ description: 'What was done, in a sentence for people.' }),
    }),
  })
  .meta({ id: 'ActedOnJob' }) satisfies z.ZodType<ActedOnJob>;
