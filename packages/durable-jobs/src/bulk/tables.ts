import type { Generated, JSONColumnType } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** Kysely types of the tables of bulk jobs. The migrations create the tables. */
export interface BulkTables {
  bulkJobs: {
    id: Generated<string>;
    task: string;
    /** The query that found its items; null if they were uploaded. */
    query: string | null;
    /** Key of the run that requested it, if a repeat must not create a second job. */
    originKey: string | null;
    status: Generated<'queued' | 'running' | 'paused' | 'completed' | 'cancelled'>;
    total: Generated<number>;
    done: Generated<number>;
    failed: Generated<number>;
    createdAt: CreatedAt;
    startedAt: Date | null;
    endedAt: Date | null;
    /** Time and item count from which its current rate is measured. */
    rateSince: Date | null;
    rateBase: Generated<number>;
  };
  /** Uploads whose bulk job does not exist yet. Their items are already in `bulk_items`. */
  bulkUploads: {
    /** The id that the bulk job will have. */
    id: string;
    /** Number of items received: those at lower positions. */
    received: Generated<number>;
    /** When it is abandoned unless its process renews it. */
    leaseExpiresAt: Date;
    /** When it was abandoned: no more items are accepted, and its items are deleted. */
    abandonedAt: Date | null;
  };
  bulkItems: {
    /** Id of a bulk job or an upload. */
    bulkJobId: string;
    position: number;
    payload: JSONColumnType<object>;
    status: Generated<'pending' | 'done' | 'failed'>;
    attempts: Generated<number>;
    errorCode: string | null;
    errorMessage: string | null;
  };
}
