import type { Db } from '../database/connect.ts';
import type { Logger } from '../telemetry/logger.ts';
import { findBulkJob, type BulkJob } from './rows.ts';
import type { Shown } from '../http/events/stream.ts';
import { Watcher } from '../http/events/watcher.ts';
import { hasEnded, presentBulkJob } from './json.ts';

/** Polling interval of a watched bulk job. */
const LOOK_MS = 500;

/** Watches bulk jobs by polling their rows. */
export function watchBulkJobs({ db, logger }: { db: Db; logger: Logger }): Watcher<BulkJob> {
  return new Watcher<BulkJob>({
    look: (id) => findBulkJob(db, id),
    hasEnded: ({ status }) => hasEnded(status),
    everyMs: LOOK_MS,
    onError: (error, id) =>
      logger.warn({ err: error, bulkJobId: id }, 'the progress of a bulk job could not be read'),
  });
}

/** The id of the event that reports such a state of a bulk job. */
export function bulkEventId(status: string, { done, failed }: { done: number; failed: number }): string {
  return `${status}.${done}.${failed}`;
}

/** Returns a bulk job as an event: `progress` or `end`. */
export function showBulkJob(job: BulkJob): Shown {
  return {
    id: bulkEventId(job.status, job),
    name: hasEnded(job.status) ? 'end' : 'progress',
    data: presentBulkJob(job, Date.now()),
  };
}
