import type { ReadProgress } from '../jobs/progress.ts';
import { presentBulkJob } from './json.ts';
import { findBulkJob } from './rows.ts';

/** How far a bulk job is, as its row has it. */
export const bulkProgress: ReadProgress = async (db, bulkJobId) => {
  const job = await findBulkJob(db, bulkJobId);
  if (!job) return null;
  const { counts, rate, estimatedEndAt } = presentBulkJob(job, Date.now());
  return { counts, rate, estimatedEndAt };
};
