import type { Generated, JSONColumnType } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** The tables of bulk jobs, as Kysely sees them; the migrations are what makes them. */
export interface BulkTables {
  bulkJobs: {
    id: Generated<string>;
    task: string;
    /** The named query that its items came from; null where they were sent. */
    query: string | null;
    /** What asked for it, where the same must not make a second one. */
    originKey: string | null;
    status: Generated<'queued' | 'running' | 'paused' | 'completed' | 'cancelled'>;
    total: Generated<number>;
    done: Generated<number>;
    failed: Generated<number>;
    createdAt: CreatedAt;
    startedAt: Date | null;
    endedAt: Date | null;
    /** When, and from how many items on, its present speed is measured. */
    rateSince: Date | null;
    rateBase: Generated<number>;
  };
  /** Uploads whose bulk job is still to be made: their items are in `bulk_items` already. */
  bulkUploads: {
    /** The id that the bulk job will have. */
    id: string;
    /** How many items it has: those at the positions below. */
    received: Generated<number>;
    /** Until when it lives unless its process renews it. */
    leaseExpiresAt: Date;
    /** When it was given up: nothing is added to it any more, and its items are deleted. */
    abandonedAt: Date | null;
  };
  bulkItems: {
    /** Of a bulk job, or an upload. */
    bulkJobId: string;
    position: number;
    payload: JSONColumnType<object>;
    status: Generated<'pending' | 'done' | 'failed'>;
    attempts: Generated<number>;
    errorCode: string | null;
    errorMessage: string | null;
  };
}
