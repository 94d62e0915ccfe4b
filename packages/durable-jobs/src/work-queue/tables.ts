import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { Urgency } from '../values/priority.ts';
import type { CreatedAt } from '../database/columns.ts';

/** The state of a work item: waiting for its time or a worker, under a lease, completed, or dead until an operator requeues it. */
export type WorkItemStatus = 'pending' | 'running' | 'completed' | 'dead';

/** Kysely types of the tables of the work queue. The migrations create the tables. */
export interface WorkQueueTables {
  workItems: Urgency & {
    id: Generated<string>;
    kind: string;
    payload: JSONColumnType<object>;
    status: Generated<WorkItemStatus>;
    /** Attempts since it was enqueued or requeued. */
    attempts: Generated<number>;
    notBefore: CreatedAt;
    leaseToken: string | null;
    leaseExpiresAt: Date | null;
    /** The earliest time at which it may be claimed. */
    dueAt: ColumnType<Date, never, never>;
    lastErrorCode: string | null;
    lastErrorMessage: string | null;
    lastErrorAt: Date | null;
    /** Unique for each kind. */
    dedupeKey: string | null;
    result: JSONColumnType<object> | null;
    createdAt: CreatedAt;
    startedAt: Date | null;
    endedAt: Date | null;
  };
}
