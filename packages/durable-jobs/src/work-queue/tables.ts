import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** Where a work item is: waiting for its time or a worker, under a lease, done, or given up until an operator requeues it. */
export type WorkItemStatus = 'pending' | 'running' | 'completed' | 'dead';

/** The tables of the work queue, as Kysely sees them; the migrations are what makes them. */
export interface WorkQueueTables {
  work_items: {
    id: Generated<string>;
    kind: string;
    payload: JSONColumnType<object>;
    status: Generated<WorkItemStatus>;
    /** Attempts that were begun since it was enqueued, or requeued. */
    attempts: Generated<number>;
    not_before: CreatedAt;
    lease_token: string | null;
    lease_expires_at: Date | null;
    /** When it may be claimed. */
    due_at: ColumnType<Date, never, never>;
    last_error_code: string | null;
    last_error_message: string | null;
    last_error_at: Date | null;
    /** One item a kind and key. */
    dedupe_key: string | null;
    result: JSONColumnType<object> | null;
    created_at: CreatedAt;
    started_at: Date | null;
    ended_at: Date | null;
  };
}
