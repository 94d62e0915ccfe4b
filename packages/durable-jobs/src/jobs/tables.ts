import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';
import type { Urgency } from '../values/priority.ts';
import type { AwaitedEnd, JobEnd } from './flow/ends.ts';

/** The origin of a retry. */
export interface RetryOrigin {
  /** The run that has ended. */
  runId: string;
  /** The first run of the chain of retries; earlier releases did not record it. */
  firstRunId?: string;
  businessKey: string;
  /** ISO 8601: the time that the run was for, which its repetition is for too. */
  nominalTime: string;
}

/** The outcome of a cancellation: a start was withdrawn, or the engine was asked to cancel a run, or neither was possible. */
export type CancellationOutcome = 'withdrawn' | 'requested' | 'refused' | 'nothing_to_cancel';

/** Kysely types of the tables of jobs: starts, retries and failures. The migrations create the tables. */
export interface JobTables {
  /** The priority and fairness of a start that is not checked are those that were given; its job's definition adds the others. */
  outbox: Urgency & {
    id: Generated<number>;
    jobType: string;
    /** Null until the relay has checked a start that SQL committed. */
    jobId: ColumnType<string | null, string, string | null>;
    input: JSONColumnType<object>;
    /** Replaces the business key that the job derives from its input. */
    dedupeKey: string | null;
    startAt: Date | null;
    /** The start is not made later than this. */
    expiresAt: Date | null;
    /** Set if it retries a run that has ended. */
    retry: JSONColumnType<RetryOrigin | null, string | null, string | null>;
    requestId: string | null;
    traceparent: string | null;
    attempts: Generated<number>;
    lastError: string | null;
    createdAt: CreatedAt;
    nextAttemptAt: Date;
    /** When the engine started the intended run, or delivered the start to the open run. */
    dispatchedAt: Date | null;
    /** The outcome of the start; null while it is still to be made, and in rows from before this was recorded. */
    outcome:
      | 'started'
      | 'delivered'
      | 'exists'
      | 'withdrawn'
      | 'dead'
      | 'discarded'
      | 'expired'
      | 'skipped'
      | 'replaced'
      | null;
    /** The run that the start made, reached or met; while it is still to be made, the run whose end it waits for. */
    runId: string | null;
    /** When the start was withdrawn; what was in progress to the engine by then may still have come to it. */
    withdrawnAt: Date | null;
    /** When it became certain that the start will not be made. */
    droppedAt: Date | null;
    /** Whether type and input were checked; false if SQL committed the start and the relay has yet to check it. */
    isChecked: Generated<boolean>;
    /** Whether it is not made before what it waits for has ended. */
    isHeld: Generated<boolean>;
    /** The limit at which it waits, if that is what it is held for. */
    limitKey: ColumnType<string | null, string | null | undefined, string | null>;
    /** The limit that keeps one of its starts, if this one waits for that or has waited. */
    keptKey: ColumnType<string | null, undefined, string | null>;
    /** The key that is to be quiet before it is made, if that is what it is held for. */
    debounceKey: ColumnType<string | null, undefined, string | null>;
    /** When its key is quiet if no other start comes, and the latest time. They stay, so that it is debounced only once. */
    settlesAt: ColumnType<Date | null, undefined, Date | null>;
    settlesBy: ColumnType<Date | null, undefined, Date | null>;
    /** The first of the starts that were merged. Of these, the last one, which is not replaced, stands for all. */
    mergeId: ColumnType<number | null, undefined, number | null>;
    /** Since when the start can't be made. */
    refusedAt: Date | null;
    /** Why it is dead, and why an operator discarded it. */
    deadCode: string | null;
    discardReason: string | null;
  };
  /** Slots of the limits of jobs: each start holds a slot of each limit of its job. */
  limitSlots: {
    limitKey: string;
    entryId: number;
    jobId: string;
    /** The first run of the chain that the start made, once it is known. */
    runId: string | null;
    takenAt: Generated<Date>;
    /** When the slot is free, if it does not depend on a run. */
    endsAt: Date | null;
    /** The tries to make the start that may still be in progress, and the last one. */
    tries: Generated<number>;
    triedAt: Generated<Date>;
    nextCheckAt: Generated<Date>;
    /** Until when nothing is decided about starts that wait to be kept; a time that never comes if the cancellation of its run was requested. */
    keepAfter: ColumnType<Date | null, undefined, Date | null>;
  };
  /** Groups of jobs; those of a group are in `awaitedJobs`. */
  jobGroups: {
    id: string;
    createdAt: CreatedAt;
    /** When it was closed, so that it accepts no more jobs. */
    closedAt: Date | null;
    completedAt: Date | null;
    /** The start of the job that completes it, and the field of its input that gets the counts. */
    completionEntryId: number | null;
    countsAs: string | null;
  };
  /** Jobs whose end a held start or a group waits for. */
  awaitedJobs: {
    id: GeneratedAlways<number>;
    heldEntryId: number | null;
    awaitedEnd: AwaitedEnd | null;
    groupId: string | null;
    /** Which job: that of the newest start of this job up to this entry, or of this entry if no job is named. */
    jobId: string | null;
    upToEntryId: number;
    /** The run whose end counts, once it is known. */
    runId: string | null;
    createdAt: CreatedAt;
    nextCheckAt: Generated<Date>;
    endedAt: Date | null;
    endedAs: JobEnd | null;
    /** The start that was not made, if it ended so. */
    unmadeEntryId: number | null;
  };
  /** Cancellations that SQL requested. */
  jobCancellations: {
    id: GeneratedAlways<number>;
    jobId: string;
    /** Starts that are committed later are not meant. */
    upToEntryId: number;
    reason: string | null;
    /** The role of the database that requested it. */
    requestedBy: Generated<string>;
    createdAt: CreatedAt;
    nextAttemptAt: Generated<Date>;
    attempts: Generated<number>;
    lastError: string | null;
    endedAt: Date | null;
    outcome: CancellationOutcome | null;
    /** Why it was refused. */
    detail: string | null;
  };
  /** Runs that were started again; `new_run_id` is null until the engine has started it. */
  jobRetries: {
    jobId: string;
    runId: string;
    newRunId: string | null;
    reason: string | null;
    requestedAt: CreatedAt;
  };
  failedAttempts: {
    jobId: string;
    runId: string;
    activityId: string;
    activityType: string;
    attempt: number;
    startedAt: Date;
    endedAt: Date;
    errorCode: string;
    errorMessage: string;
  };
  failingActivities: {
    runId: string;
    activityId: string;
    jobId: string;
    jobType: string;
    activityType: string;
    attempt: number;
    failedAt: Date;
    errorCode: string;
    errorMessage: string;
    /** Of the run in the list of those that fail. */
    place: number;
    checkedAt: Generated<Date>;
  };
  movedStarts: {
    runId: string;
    jobId: string;
    place: GeneratedAlways<number>;
    movedAt: Generated<Date>;
  };
}
