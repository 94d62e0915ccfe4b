import type { ReadProgress } from '../jobs/progress.ts';
import { presentBulkJob } from './json.ts';
import { findBulkJob } from './rows.ts';

/** Reads the progress of a bulk job from its row. */
export const bulkProgress: ReadProgress = async (db, bulkJobId) => {
  const job = await findBulkJob(db, bulkJobId);
  if (!job) return null;
  const { counts, rate, estimatedEndAt } = presentBulkJob(job, Date.now());
  return { counts, rate, estimatedEndAt };
};
