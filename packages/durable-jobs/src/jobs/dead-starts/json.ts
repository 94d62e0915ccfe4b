import { z } from 'zod';
import { errorJson, omitted, time } from '../../http/json.ts';
import type { DeadStart } from './rows.ts';
import { linkTo } from '../../http/mount.ts';
import { linkToJob } from '../link-to-job.ts';

/** A start that can't be made, as JSON. */
export const deadStartJson = z
  .strictObject({
    id: z.string(),
    status: z.enum(['dead', 'requeued', 'discarded']),
    jobType: z.string(),
    jobId: z
      .string()
      .nullable()
      .meta({ description: 'Null if SQL committed the start and its input was never accepted.' }),
    input: z.record(z.string(), z.unknown()).nullable(),
    dedupeKey: z.string().nullable(),
    startAt: time.nullable().meta({ description: 'The requested time; null to start at once.' }),
    requestId: z.string().nullable().meta({ description: 'The id of the request that committed the start.' }),
    reason: errorJson,
    attempts: z.int(),
    acceptedAt: time,
    deadSince: time,
    discardReason: z.string().nullable(),
    omitted,
    links: z.strictObject({ self: z.string(), job: z.string().nullable() }),
  })
  .meta({ id: 'DeadStart' });

/** A dead start as {@link deadStartJson}. */
export function presentDeadStart(
  start: DeadStart,
  status: z.output<typeof deadStartJson>['status'] = start.status,
): z.output<typeof deadStartJson> {
  const { jobId } = start;
  return {
    id: String(start.id),
    status,
    jobType: start.jobType,
    jobId,
    input: start.input as Record<string, unknown> | null,
    dedupeKey: start.dedupeKey,
    startAt: start.startAt?.toISOString() ?? null,
    requestId: start.requestId,
    reason: { code: start.deadCode ?? 'unknown', message: start.lastError ?? '' },
    attempts: start.attempts,
    acceptedAt: start.createdAt.toISOString(),
    deadSince: (start.droppedAt ?? start.createdAt).toISOString(),
    discardReason: start.discardReason,
    omitted: start.omitted,
    links: {
      self: linkTo(`/api/dead-starts/${start.id}`),
      job: jobId === null ? null : linkToJob(jobId),
    },
  };
}
