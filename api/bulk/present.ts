import type { BulkJob } from '../../platform/repositories/bulk-jobs.ts';

/** A bulk job as JSON. `rate` is in items a second since it last began or went on; null while it does not run. */
export interface BulkJobView {
  id: string;
  jobId: string;
  task: string;
  query: string | null;
  status: BulkJob['status'];
  counts: { total: number; done: number; failed: number; pending: number };
  rate: number | null;
  estimatedEndAt: string | null;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  links: { self: string; events: string; job: string };
}

/** A speed that is measured over less says little. */
const SHORTEST_MEASURE_MS = 1_000;

/** Shows a job as it is at `nowMs`. */
export function presentBulkJob(job: BulkJob, nowMs: number): BulkJobView {
  const ended = job.done + job.failed;
  const measuredMs = job.rate_since ? (job.ended_at?.getTime() ?? nowMs) - job.rate_since.getTime() : 0;
  const perSecond = ((ended - job.rate_base) / measuredMs) * 1_000;
  const isKnown = job.status !== 'queued' && job.status !== 'paused' && measuredMs >= SHORTEST_MEASURE_MS;
  const pending = job.total - ended;
  const willEnd = job.status === 'running' && isKnown && perSecond > 0;
  const jobId = `process-bulk:${job.id}`;
  return {
    id: job.id,
    jobId,
    task: job.task,
    query: job.query,
    status: job.status,
    counts: { total: job.total, done: job.done, failed: job.failed, pending },
    rate: isKnown ? Math.round(perSecond * 10) / 10 : null,
    estimatedEndAt: willEnd ? new Date(nowMs + (pending / perSecond) * 1_000).toISOString() : null,
    createdAt: job.created_at.toISOString(),
    startedAt: job.started_at?.toISOString() ?? null,
    endedAt: job.ended_at?.toISOString() ?? null,
    links: {
      self: `/api/bulk-jobs/${job.id}`,
      events: `/api/bulk-jobs/${job.id}/events`,
      job: `/api/jobs/${jobId}`,
    },
  };
}

/** Whether nothing more happens to a job by itself. */
export function hasEnded(status: BulkJob['status']): boolean {
  return status === 'completed' || status === 'cancelled';
}
