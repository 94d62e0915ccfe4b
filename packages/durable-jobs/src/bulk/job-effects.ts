import { effectAt, type ReadEffects } from '../jobs/timeline/effects.ts';
import { findBulkJob } from './rows.ts';

/** Reads the effects of a bulk job from its row. */
export const bulkEffects: ReadEffects = async (db, bulkJobId) => {
  const job = await findBulkJob(db, bulkJobId);
  if (!job) return [];
  const counts = `${job.done} of ${job.total} items done, ${job.failed} failed`;
  return [
    ...effectAt(job.startedAt, 'The first items were started'),
    ...effectAt(job.endedAt, `The items were processed: ${counts}`),
  ];
};
