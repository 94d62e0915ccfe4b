import { z } from 'zod';
import { anyText } from '../values/text.ts';
import { overlapPolicies, scheduleFields, scheduleId } from './definition.ts';
import { instant } from '../http/instant.ts';

/** Path of a schedule. */
export const schedulePathParams = z.object({ id: scheduleId });

/**
 * Body of `PATCH /api/schedules/:id`: the fields to change. The schedule is validated as a whole with the patch applied, so each field may
 * be anything here.
 */
export const schedulePatchBody = z.partialRecord(
  z.enum(Object.keys(scheduleFields.shape) as [string, ...string[]]),
  z.unknown(),
);

const { cron, every, calendar, timeZone, jitter, catchupWindow } = scheduleFields.shape;

/** Body of `POST /api/schedules/preview`. */
export const previewBody = z.strictObject({
  cron,
  every,
  calendar,
  timeZone,
  jitter,
  catchupWindow,
  count: z.number().int().min(1).max(100).default(10),
  from: instant.optional(),
});

/** Body of `POST /api/schedules/:id/pause` and `/resume`, which is optional. */
export const stateChangeBody = z.strictObject({ note: anyText(1_000).optional() });

/** Body of `POST /api/schedules/:id/trigger`, which is optional. */
export const triggerBody = z.strictObject({ overlap: z.enum(overlapPolicies).optional() });

/** Body of `POST /api/schedules/:id/backfill`: a period in the past. */
export const backfillBody = z
  .strictObject({ from: instant, to: instant })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'must be after `from`' })
  .refine(({ to }) => to.getTime() <= Date.now(), { path: ['to'], message: 'must not be in the future' });
