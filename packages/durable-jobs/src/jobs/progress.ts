import type { Db } from '../database/connect.ts';

/** Progress of a job that processes items. */
export interface JobProgress {
  counts: { total: number; done: number; failed: number; pending: number };
  /** Items a second; null if too little is known. */
  rate: number | null;
  /** ISO 8601 UTC; null if it is not known. */
  estimatedEndAt: string | null;
}

/** Reads a job's progress from the application's rows by its business key; null if there is none. */
export type ReadProgress = (db: Db, businessKey: string) => Promise<JobProgress | null>;

/** Functions that read the progress of jobs, by job type. Types without a function report none. */
export type JobProgressByType = ReadonlyMap<string, ReadProgress>;
