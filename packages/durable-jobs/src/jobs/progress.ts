import type { Db } from '../database/connect.ts';

/** How far a job is that works through items. */
export interface JobProgress {
  counts: { total: number; done: number; failed: number; pending: number };
  /** Items a second; null if too little is known. */
  rate: number | null;
  /** ISO 8601 UTC; null if it is not known. */
  estimatedEndAt: string | null;
}

/** Reads what the rows have of a job's progress, by the job's business key; null if they have nothing. */
export type ReadProgress = (db: Db, businessKey: string) => Promise<JobProgress | null>;

/** How the progress of each type's jobs is read. The jobs of a type that is not here report none. */
export type JobProgressByType = ReadonlyMap<string, ReadProgress>;
