import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** Where a run that is started again comes from. */
export interface RetryOrigin {
  /** The run that has ended. */
  runId: string;
  /** The first of the runs that repeat one another; earlier releases did not note it. */
  firstRunId?: string;
  businessKey: string;
  /** ISO 8601: the time that the run was for, which its repetition is for too. */
  nominalTime: string;
}

/**
 * The tables of jobs, as Kysely sees them: their starts, their retries and what they failed with. The migrations are what makes
 * them.
 */
export interface JobTables {
  outbox: {
    id: Generated<number>;
    job_type: string;
    /** Null until the relay has checked a start that SQL committed. */
    job_id: ColumnType<string | null, string, string>;
    input: JSONColumnType<object>;
    /** Replaces the business key that the job makes of its input. */
    dedupe_key: string | null;
    start_at: Date | null;
    /** Set where it starts a run again that has ended. */
    retry: JSONColumnType<RetryOrigin | null, string | null, string | null>;
    request_id: string | null;
    traceparent: string | null;
    attempts: Generated<number>;
    last_error: string | null;
    created_at: CreatedAt;
    next_attempt_at: Date;
    /** When the engine started what was meant, or gave it to the run that is open. */
    dispatched_at: Date | null;
    /** What became of the start; null while it is still to be made, and in rows from before this was recorded. */
    outcome: 'started' | 'delivered' | 'exists' | 'withdrawn' | 'dead' | 'discarded' | null;
    /** The run that the start made, reached or met; while it is still to be made, the run whose end it waits for. */
    run_id: string | null;
    /** When the start was withdrawn; what was under way to the engine by then may still have come to it. */
    withdrawn_at: Date | null;
    /** When it was certain that the start is not made. */
    dropped_at: Date | null;
    /** Whether type and input were checked; false where SQL committed the start and the relay has yet to check it. */
    is_checked: Generated<boolean>;
    /** Since when the start can't be made. */
    refused_at: Date | null;
    /** Why it is dead, and why an operator discarded it. */
    dead_code: string | null;
    discard_reason: string | null;
  };
  /** Runs that were started again; `new_run_id` is null until the engine has started it. */
  job_retries: {
    job_id: string;
    run_id: string;
    new_run_id: string | null;
    reason: string | null;
    requested_at: CreatedAt;
  };
  failed_attempts: {
    job_id: string;
    run_id: string;
    activity_id: string;
    activity_type: string;
    attempt: number;
    started_at: Date;
    ended_at: Date;
    error_code: string;
    error_message: string;
  };
  failing_activities: {
    run_id: string;
    activity_id: string;
    job_id: string;
    job_type: string;
    activity_type: string;
    attempt: number;
    failed_at: Date;
    error_code: string;
    error_message: string;
    /** Of the run in the list of those that fail. */
    place: number;
    checked_at: Generated<Date>;
  };
  moved_starts: {
    run_id: string;
    job_id: string;
    place: GeneratedAlways<number>;
    moved_at: Generated<Date>;
  };
}
