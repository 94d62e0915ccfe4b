import type { Generated, JSONColumnType } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** The tables of bulk jobs, as Kysely sees them; the migrations are what makes them. */
export interface BulkTables {
  bulk_jobs: {
    id: Generated<string>;
    task: string;
    /** The named query that its items came from; null where they were sent. */
    query: string | null;
    /** What asked for it, where the same must not make a second one. */
    origin_key: string | null;
    status: Generated<'queued' | 'running' | 'paused' | 'completed' | 'cancelled'>;
    total: Generated<number>;
    done: Generated<number>;
    failed: Generated<number>;
    created_at: CreatedAt;
    started_at: Date | null;
    ended_at: Date | null;
    /** When, and from how many items on, its present speed is measured. */
    rate_since: Date | null;
    rate_base: Generated<number>;
  };
  /** Uploads whose bulk job is still to be made: their items are in `bulk_items` already. */
  bulk_uploads: {
    /** The id that the bulk job will have. */
    id: string;
    /** How many items it has: those at the positions below. */
    received: Generated<number>;
    /** Until when it lives unless its process renews it. */
    lease_expires_at: Date;
    /** When it was given up: nothing is added to it any more, and its items are deleted. */
    abandoned_at: Date | null;
  };
  bulk_items: {
    /** Of a bulk job, or an upload. */
    bulk_job_id: string;
    position: number;
    payload: JSONColumnType<object>;
    status: Generated<'pending' | 'done' | 'failed'>;
    attempts: Generated<number>;
    error_code: string | null;
    error_message: string | null;
  };
}
