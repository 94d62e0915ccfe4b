import { randomUUID } from 'node:crypto';
import { sql, type NotNull } from 'kysely';
import { acceptInput } from '../accept-input.ts';
import { jobId, keyOf, type JobDefinition } from '../job-definition.ts';
import { idOfKey, isKeyOf } from '../job-key.ts';
import { debounceOf } from '../debounce/debounce-of.ts';
import { limitsOf } from '../limits/limits-of.ts';
import { lockJob } from '../lock-job.ts';
import { outboxChannel } from './channel.ts';
import type { AwaitedEnd } from '../flow/ends.ts';
import { notifyJobEnds } from '../flow/wake.ts';
import { NEVER } from './never.ts';
import { areWaiting, isStillToMake } from './still-to-make.ts';
import type { Db, Trx } from '../../database/connect.ts';
import type { RetryOrigin } from '../tables.ts';
import type { Urgency } from '../../values/priority.ts';
import { urgencyOf, type GivenUrgency } from '../urgency.ts';
import { currentJobContext } from '../../telemetry/job-context.ts';

/** A job's start that is committed together with related rows, and made in the engine afterwards. */
export interface OutboxEntry extends Urgency {
  id: number;
  jobType: string;
  jobId: string;
  input: object;
  /** Replaces the business key that the job derives from its input, and starts the job once; null if the job's own key is used. */
  dedupeKey: string | null;
  /** Earliest start; null for immediately. */
  startAt: Date | null;
  /** Latest time of the start; null if it never expires. */
  expiresAt: Date | null;
  /** Set if it retries a run that has ended. */
  retry: RetryOrigin | null;
  acceptedAt: Date;
  /** When it was withdrawn, so that it is never made. */
  withdrawnAt: Date | null;
  /** Id of the request that committed it. */
  requestId: string | null;
  traceparent: string | null;
  attempts: number;
  /** Whether type and input were checked; false if SQL committed the start and the relay has yet to check it. */
  isChecked: boolean;
  /** Whether it is held until the awaited job or group has ended. */
  isHeld: boolean;
  /** Whether an earlier start of its job was still to be made when it was committed. Known to the process that committed it. */
  isBehind?: boolean;
}

/** A start as it is stored: without a job's id until it is checked. */
export type StoredEntry = Omit<OutboxEntry, 'jobId'> & { jobId: string | null };

/**
 * Whether a start waits for the end of an open run if an earlier start of its job does. A retry, and a start with a caller's key, are refused
 * instead.
 */
export function canWait(entry: StoredEntry): entry is OutboxEntry {
  return entry.jobId !== null && entry.dedupeKey === null && entry.retry === null && !entry.withdrawnAt;
}

/** The columns of an entry, as {@link OutboxEntry} names them. */
export const entryColumns = [
  'id',
  'jobType',
  'jobId',
  'input',
  'dedupeKey',
  'startAt',
  'expiresAt',
  'retry',
  'createdAt as acceptedAt',
  'withdrawnAt',
  'requestId',
  'traceparent',
  'attempts',
  'isChecked',
  'isHeld',
  'priority',
  'fairnessKey',
  'fairnessWeight',
] as const;

/**
 * Time for which the relay leaves a new entry to the process that committed it, in milliseconds, so that they rarely make the same start
 * concurrently. If they do, the workflow id prevents a second run.
 */
export const GRACE_MS = 5_000;

/**
 * Like {@link enqueueAccepted}, but once per caller's key: if an entry with that key exists, nothing is committed and that entry is returned,
 * whatever its input and time. `isNew` says which.
 */
export async function enqueueOnce<Input extends object>(
  trx: Trx,
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
  { dedupeKey, ...options }: { dedupeKey: string } & StartConditions,
): Promise<{ entry: OutboxEntry; isNew: boolean }> {
  const id = jobId(job, input, dedupeKey);
  // Held until the commit: another request with the same key waits here, and then sees the entry.
  await lockJob(trx, id);
  const kept = await trx
    .selectFrom('outbox')
    .select(entryColumns)
    .where('jobId', '=', id)
    .where('dedupeKey', '=', dedupeKey)
    .orderBy('id')
    .limit(1)
    .$narrowType<{ jobId: NotNull }>()
    .executeTakeFirst();
  if (kept) return { entry: kept, isNew: false };
  return { entry: await enqueueAccepted(trx, job, input, { dedupeKey, ...options }), isNew: true };
}

/**
 * Like {@link enqueueAccepted}, but as a separate job: its id is unique, so that no other start can prevent it. Its key begins with the
 * business key that the job derives from its input, for people who look for it.
 */
export async function enqueueOwn<Input extends object>(
  trx: Trx,
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
  options: StartConditions,
): Promise<OutboxEntry> {
  return enqueueAccepted(trx, job, input, { dedupeKey: ownKey(job, input), ...options });
}

/**
 * Returns the unique key of a separate job.
 * @throws {JobKeyError} if the key that the job derives is not valid. A valid key that is too long to be extended is shortened.
 */
function ownKey<Input extends object>(job: JobDefinition<string, Input>, input: NoInfer<Input>): string {
  const key = keyOf(job, input);
  idOfKey(job.type, key);
  const suffix = `-${randomUUID()}`;
  // Half of a character is no valid key either.
  let end = key.length;
  while (!isKeyOf(job.type, key.slice(0, end) + suffix)) end--;
  return key.slice(0, end) + suffix;
}

/** Earliest and latest time of a start, the awaited end of another job, and its priority and fairness. */
export type StartConditions = Partial<Pick<OutboxEntry, 'startAt' | 'expiresAt'>> &
  GivenUrgency & {
    after?: { jobId: string; when: AwaitedEnd } | null;
  };

/** Options of a start. */
type EnqueueOptions = StartConditions & {
  dedupeKey?: string | null;
  /** Who makes the start: the caller's dispatcher after the commit, or the relay. */
  by?: 'caller' | 'relay';
};

/**
 * Commits a job's start in the caller's transaction. Pass the entry to the dispatcher after the commit.
 * @throws {ZodError} if the input does not fit the job's schema; {JobKeyError} if its key is not valid;
 * {JobFairnessError} or {JobLimitError} if the fairness or the key of a limit that its definition derives is not: nothing invalid is ever
 * committed.
 */
export async function enqueueStart<Input extends object, Given extends object>(
  trx: Trx,
  job: JobDefinition<string, Input, Given>,
  input: NoInfer<Given>,
  options: EnqueueOptions = {},
): Promise<OutboxEntry> {
  return enqueueAccepted(trx, job, acceptInput(job, input), options);
}

/**
 * As {@link enqueueStart}, with an input that was accepted: it is what the job's schema returned, and is not parsed again.
 * @throws {JobKeyError} if the job's key is not valid; {JobFairnessError} if the fairness that it derives is not; {JobLimitError} if the key
 * of a limit is not.
 */
export async function enqueueAccepted<Input extends object>(
  trx: Trx,
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
  {
    dedupeKey = null,
    startAt = null,
    expiresAt = null,
    after = null,
    by = 'caller',
    ...given
  }: EnqueueOptions = {},
): Promise<OutboxEntry> {
  const id = jobId(job, input, dedupeKey);
  // Nothing is committed whose limits could not be met.
  limitsOf(job, input);
  debounceOf(job, input);
  const isHeld = after !== null;
  const urgency = urgencyOf(job, input, given);
  const start = { jobId: id, dedupeKey, startAt, expiresAt, retry: null, isHeld, ...urgency };
  const entry = await insertEntry(trx, job, input, start, by);
  if (after) {
    await trx
      .insertInto('awaitedJobs')
      .values({
        heldEntryId: entry.id,
        awaitedEnd: after.when,
        jobId: after.jobId,
        upToEntryId: entry.id - 1,
      })
      .execute();
    await notifyJobEnds(trx);
  }
  return entry;
}

/** Commits the retry of an ended run under the same id, with the same input and urgency, in the caller's transaction. */
export async function enqueueRetry<Input extends object>(
  trx: Trx,
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
  { jobId: id, ...retry }: RetryOrigin & { jobId: string },
  urgency: Urgency,
): Promise<OutboxEntry> {
  return insertEntry(
    trx,
    job,
    input,
    { jobId: id, dedupeKey: null, startAt: null, expiresAt: null, retry, isHeld: false, ...urgency },
    'caller',
  );
}

async function insertEntry<Input extends object>(
  trx: Trx,
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
  entry: Pick<
    OutboxEntry,
    'jobId' | 'dedupeKey' | 'startAt' | 'expiresAt' | 'retry' | 'isHeld' | keyof Urgency
  >,
  by: 'caller' | 'relay',
): Promise<OutboxEntry> {
  const { requestId = null, traceparent = null } = currentJobContext();
  const nextAttemptAt = entry.isHeld
    ? sql`${NEVER}`
    : sql`now() + make_interval(secs => ${by === 'relay' ? 0 : GRACE_MS / 1_000})`;
  // In SQL: each accepted request makes this statement, and a query builder takes several times as long.
  const { rows } = await sql<Pick<OutboxEntry, 'id' | 'acceptedAt'> & { isBehind: boolean }>`
    INSERT INTO outbox (job_type, job_id, input, dedupe_key, start_at, expires_at, retry, request_id, traceparent, is_held,
      priority, fairness_key, fairness_weight, next_attempt_at)
    VALUES (${job.type}, ${entry.jobId}, ${JSON.stringify(input)}, ${entry.dedupeKey}, ${entry.startAt}, ${entry.expiresAt},
      ${entry.retry && JSON.stringify(entry.retry)}, ${requestId}, ${traceparent}, ${entry.isHeld},
      ${entry.priority}, ${entry.fairnessKey}, ${entry.fairnessWeight}, ${nextAttemptAt})
    RETURNING id, created_at AS "acceptedAt",
      EXISTS (SELECT FROM outbox AS earlier WHERE job_id = ${entry.jobId} AND ${areWaiting}) AS "isBehind"`.execute(
    trx,
  );
  const [row] = rows;
  if (!row) throw new Error('the start was not inserted');
  if (by === 'relay') await notifyRelay(trx);
  return {
    ...row,
    jobType: job.type,
    input,
    requestId,
    traceparent,
    attempts: 0,
    withdrawnAt: null,
    isChecked: true,
    ...entry,
  };
}

/** Leaves an entry to the relay before its time, because the process that committed it could not make it. */
export async function leaveToRelay(db: Db, id: number): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ nextAttemptAt: sql<Date>`now()` })
    .where('id', '=', id)
    .where(sql<boolean>`${isStillToMake} AND NOT is_held`)
    .execute();
  await notifyRelay(db);
}

/**
 * Wakes the relay; in a transaction, at its commit. Call it only if the relay has something to do: PostgreSQL commits transactions that
 * notify one after the other, which is too expensive for every start that its own request makes.
 */
export async function notifyRelay(db: Db): Promise<void> {
  await sql`SELECT pg_notify(${outboxChannel}, '')`.execute(db);
}
