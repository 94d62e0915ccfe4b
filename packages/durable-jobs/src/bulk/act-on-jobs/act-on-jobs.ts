import { z } from 'zod';
import { defineBulkTask } from '../define-task.ts';
import { line } from '../../values/text.ts';
import { jobIdText } from '../../jobs/job-key.ts';
import { withinReach } from '../../jobs/act/http/schemas.ts';
import { jobActions, retryScopes } from '../../jobs/act/job-actions.ts';

/** Refuses what names neither or both of a run and a start, or a time for another action than `reschedule`. */
export function checkTarget(
  item: { runId?: unknown; startId?: unknown },
  context: z.core.$RefinementCtx,
): void {
  if ((item.runId === undefined) === (item.startId === undefined))
    context.addIssue({ code: 'custom', path: ['runId'], message: 'give runId or startId, and not both' });
}

/** Refuses a `reschedule` without a time, and a time for another action. */
export function checkTime(request: { action: string; at?: unknown }, context: z.core.$RefinementCtx): void {
  const isReschedule = request.action === 'reschedule';
  if (isReschedule && request.at === undefined)
    context.addIssue({ code: 'custom', path: ['at'], message: 'is required to reschedule jobs' });
  if (!isReschedule && request.at !== undefined)
    context.addIssue({ code: 'custom', path: ['at'], message: 'applies only to the action reschedule' });
}

/** Refuses a scope for another action than `retry`. */
export function checkScope(
  request: { action: string; scope?: unknown },
  context: z.core.$RefinementCtx,
): void {
  if (request.action !== 'retry' && request.scope !== undefined)
    context.addIssue({ code: 'custom', path: ['scope'], message: 'applies only to the action retry' });
}

/** The id of a start: that of its entry in the outbox. */
export const startId = z.int().positive();

const reason = line(500).optional();

/** Each item costs a few calls to the engine. */
const batches = { chunkSize: 10, window: 4 };

/**
 * The bulk task that acts on runs of jobs. Its items are those that workers of 0.1.0 accept. The functions of this and the next task are in
 * tasks.ts, so that code that only accepts items does not load them.
 */
export const actOnJobs = defineBulkTask({
  name: 'act-on-jobs',
  description: 'Cancels, terminates, retries, pauses or resumes runs of jobs.',
  item: z.strictObject({
    jobId: jobIdText,
    runId: z.uuid(),
    action: z.enum(jobActions).exclude(['reschedule']),
    reason,
  }),
  ...batches,
});

/**
 * The bulk task that also acts on starts, and reschedules. It has a name of its own because workers of 0.1.0 would fail its items: they leave
 * a task that they do not know to other workers.
 */
export const actOnRunsAndStarts = defineBulkTask({
  name: 'act-on-runs-and-starts',
  description:
    'Cancels, terminates, retries, pauses, resumes or reschedules runs of jobs, and starts that are not made yet.',
  item: z
    .strictObject({
      jobId: jobIdText,
      runId: z.uuid().optional(),
      startId: startId.optional(),
      action: z.enum(jobActions),
      scope: z.enum(retryScopes).optional(),
      // The items of a bulk job may be processed long after they were accepted, when it has passed.
      at: withinReach.optional(),
      reason,
    })
    .superRefine((item, context) => {
      checkTarget(item, context);
      checkTime(item, context);
      checkScope(item, context);
    }),
  ...batches,
});

/** An item of {@link actOnRunsAndStarts}. Those of {@link actOnJobs} are among them. */
export type ActOnJobItem = z.output<typeof actOnRunsAndStarts.item>;
