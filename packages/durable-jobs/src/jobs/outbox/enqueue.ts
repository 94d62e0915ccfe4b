import { randomUUID } from 'node:crypto';
import { sql, type NotNull } from 'kysely';
import { jobId, type JobDefinition } from '../job-definition.ts';
import { lockJob } from '../lock-job.ts';
import { outboxChannel } from './channel.ts';
import type { AwaitedEnd } from '../flow/ends.ts';
import { notifyJobEnds } from '../flow/wake.ts';
import { NEVER } from './never.ts';
import type { Db, Trx } from '../../database/connect.ts';
import type { RetryOrigin } from '../tables.ts';
import { currentJobContext } from '../../telemetry/job-context.ts';

/** A job's start that is committed with the rows it belongs to, and made by the engine afterwards. */
export interface OutboxEntry {
  id: number;
  jobType: string;
  jobId: string;
  input: object;
  /** Replaces the business key that the job makes of its input, and happens once; null if that is the job's key. */
  dedupeKey: string | null;
  /** The job does not run before; null for at once. */
  startAt: Date | null;
  /** The start is not made later than this; null if it never expires. */
  expiresAt: Date | null;
  /** Set if it starts a run again that has ended. */
  retry: RetryOrigin | null;
  acceptedAt: Date;
  /** When it was withdrawn: it is not made any more. */
  withdrawnAt: Date | null;
  /** Of the request that committed it. */
  requestId: string | null;
  traceparent: string | null;
  attempts: number;
  /** Whether type and input were checked; false if SQL committed the start and the relay has yet to check it. */
  isChecked: boolean;
  /** Whether it is not made before what it waits for has ended. */
  isHeld: boolean;
}

/** A start as it is stored: without a job's id until it is checked. */
export type StoredEntry = Omit<OutboxEntry, 'jobId'> & { jobId: string | null };

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
] as const;

/**
 * How long the relay leaves a new entry to the request that wrote it, so that the two rarely make the same start concurrently. Where they
 * do, the workflow id makes one of them.
 */
const GRACE_SECONDS = 5;

/**
 * As {@link enqueueStart}, once for each key of a caller: if an entry with that key is kept, nothing is committed and that entry is
 * returned, whatever its input and time. `isNew` tells which.
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
  return { entry: await enqueueStart(trx, job, input, { dedupeKey, ...options }), isNew: true };
}

/**
 * As {@link enqueueStart}, as a job of its own: its id is like that of no other start, so that nothing keeps it from being made.
 * The business key that the job makes of its input begins its own, for people who look for it.
 */
export async function enqueueOwn<Input extends object>(
  trx: Trx,
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
  options: StartConditions,
): Promise<OutboxEntry> {
  const dedupeKey = `${job.businessKey(input)}-${randomUUID()}`;
  return enqueueStart(trx, job, input, { dedupeKey, ...options });
}

/** When a start is made at the earliest, and at the latest, and after which end of which job. */
export type StartConditions = Partial<Pick<OutboxEntry, 'startAt' | 'expiresAt'>> & {
  after?: { jobId: string; when: AwaitedEnd } | null;
};

/** What may be said of a start. */
type EnqueueOptions = StartConditions & {
  dedupeKey?: string | null;
  /** Who makes the start: the caller after its commit, by the dispatcher, or the relay at once. */
  by?: 'caller' | 'relay';
};

/**
 * Commits a job's start with the caller's transaction. Hand the entry to the dispatcher after the commit.
 * @throws {ZodError} if the input does not fit the job's schema: nothing invalid is ever committed.
 */
export async function enqueueStart<Input extends object>(
  trx: Trx,
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
  { dedupeKey = null, startAt = null, expiresAt = null, after = null, by = 'caller' }: EnqueueOptions = {},
): Promise<OutboxEntry> {
  const id = jobId(job, input, dedupeKey);
  const isHeld = after !== null;
  const start = { jobId: id, dedupeKey, startAt, expiresAt, retry: null, isHeld };
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

/**
 * Commits, with the caller's transaction, that a run which has ended is started again under the same id.
 * @throws {ZodError} if the input does not fit the job's schema.
 */
export async function enqueueRetry<Input extends object>(
  trx: Trx,
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
  { jobId: id, ...retry }: RetryOrigin & { jobId: string },
): Promise<OutboxEntry> {
  return insertEntry(
    trx,
    job,
    input,
    { jobId: id, dedupeKey: null, startAt: null, expiresAt: null, retry, isHeld: false },
    'caller',
  );
}

async function insertEntry<Input extends object>(
  trx: Trx,
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
  entry: Pick<OutboxEntry, 'jobId' | 'dedupeKey' | 'startAt' | 'expiresAt' | 'retry' | 'isHeld'>,
  by: 'caller' | 'relay',
): Promise<OutboxEntry> {
  const parsed = job.input.parse(input);
  const { requestId = null, traceparent = null } = currentJobContext();
  const row = await trx
    .insertInto('outbox')
    .values({
      jobType: job.type,
      jobId: entry.jobId,
      input: JSON.stringify(parsed),
      dedupeKey: entry.dedupeKey,
      startAt: entry.startAt,
      expiresAt: entry.expiresAt,
      retry: entry.retry && JSON.stringify(entry.retry),
      requestId,
      traceparent,
      isHeld: entry.isHeld,
      nextAttemptAt: entry.isHeld
        ? NEVER
        : sql<Date>`now() + make_interval(secs => ${by === 'relay' ? 0 : GRACE_SECONDS})`,
    })
    .returning(['id', 'createdAt as acceptedAt'])
    .executeTakeFirstOrThrow();
  if (by === 'relay') await notifyRelay(trx);
  return {
    ...row,
    jobType: job.type,
    input: parsed,
    requestId,
    traceparent,
    attempts: 0,
    withdrawnAt: null,
    isChecked: true,
    ...entry,
  };
}

/** Leaves an entry to the relay before its time, because its request could not make it. */
export async function leaveToRelay(db: Db, id: number): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ nextAttemptAt: sql<Date>`now()` })
    .where('id', '=', id)
    .where('dispatchedAt', 'is', null)
    .where('droppedAt', 'is', null)
    .execute();
  await notifyRelay(db);
}

/**
 * Wakes the relay, in a transaction at its commit. Only if there is something for it to do: PostgreSQL lets transactions that notify commit
 * one after the other, which is too dear for every start that its request makes itself.
 */
export async function notifyRelay(db: Db): Promise<void> {
  await sql`SELECT pg_notify(${outboxChannel}, '')`.execute(db);
}
