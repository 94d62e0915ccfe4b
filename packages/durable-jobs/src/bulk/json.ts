import { z } from 'zod';
import { processBulkId } from './process-bulk.ts';
import type { BulkJob } from './rows.ts';
import { time } from '../http/json.ts';
import { linkTo } from '../http/mount.ts';
import { linkToJob } from '../jobs/link-to-job.ts';

/** A bulk job as JSON. */
export const bulkJobJson = z
  .strictObject({
    id: z.uuid(),
    jobId: z.string(),
    task: z.string(),
    query: z
      .string()
      .nullable()
      .meta({ description: 'The query that found the items; null if they were uploaded.' }),
    status: z.enum(['queued', 'running', 'paused', 'completed', 'cancelled']),
    counts: z.strictObject({ total: z.int(), done: z.int(), failed: z.int(), pending: z.int() }),
    rate: z.number().nullable().meta({
      description:
        'Items per second since the job last started or resumed; null if there is too little data.',
    }),
    estimatedEndAt: time.nullable(),
    createdAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    links: z.strictObject({ self: z.string(), events: z.string(), job: z.string() }),
  })
  .meta({ id: 'BulkJob' });

/** See {@link bulkJobJson}. */
export type BulkJobView = z.output<typeof bulkJobJson>;

/** A rate measured over less time is not meaningful. */
const SHORTEST_MEASURE_MS = 1_000;

/** Returns a job's JSON as of `nowMs`. */
export function presentBulkJob(job: BulkJob, nowMs: number): BulkJobView {
  const ended = job.done + job.failed;
  const measuredMs = job.rateSince ? (job.endedAt?.getTime() ?? nowMs) - job.rateSince.getTime() : 0;
  const perSecond = ((ended - job.rateBase) / measuredMs) * 1_000;
  const isKnown = job.status !== 'queued' && job.status !== 'paused' && measuredMs >= SHORTEST_MEASURE_MS;
  const pending = job.total - ended;
  const willEnd = job.status === 'running' && isKnown && perSecond > 0;
  const jobId = processBulkId(job.id);
  return {
    id: job.id,
    jobId,
    task: job.task,
    query: job.query,
    status: job.status,
    counts: { total: job.total, done: job.done, failed: job.failed, pending },
    rate: isKnown ? Math.round(perSecond * 10) / 10 : null,
    estimatedEndAt: willEnd ? new Date(nowMs + (pending / perSecond) * 1_000).toISOString() : null,
    createdAt: job.createdAt.toISOString(),
    startedAt: job.startedAt?.toISOString() ?? null,
    endedAt: job.endedAt?.toISOString() ?? null,
    links: {
      self: linkTo(`/api/bulk-jobs/${job.id}`),
      events: linkTo(`/api/bulk-jobs/${job.id}/events`),
      job: linkToJob(jobId),
    },
  };
}

/** Whether a job has ended, so that it changes only if an operator acts on it. */
export function hasEnded(status: BulkJob['status']): boolean {
  return status === 'completed' || status === 'cancelled';
}
