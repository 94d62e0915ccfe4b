import { z } from 'zod';
import { anyText } from '../values/text.ts';
import { overlapPolicies, scheduleFields, scheduleId } from './definition.ts';
import { instant } from '../http/instant.ts';

/** Path of a schedule. */
export const schedulePathParams = z.object({ id: scheduleId });

/**
 * Body of `PATCH /api/schedules/:id`: the fields to change. It is checked as a whole once it is laid over the schedule, so
 * here each may be anything.
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

/** Body of `POST /api/schedules/:id/pause` and `/resume`, which may be left out. */
export const stateChangeBody = z.strictObject({ note: anyText(1_000).optional() });

/** Body of `POST /api/schedules/:id/trigger`, which may be left out. */
export const triggerBody = z.strictObject({ overlap: z.enum(overlapPolicies).optional() });

/** Body of `POST /api/schedules/:id/backfill`: a span of the past. */
export const backfillBody = z
  .strictObject({ from: instant, to: instant })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'must be after `from`' })
  .refine(({ to }) => to.getTime() <= Date.now(), { path: ['to'], message: 'must not be in the future' });
