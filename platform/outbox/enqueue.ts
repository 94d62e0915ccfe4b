import { sql } from 'kysely';
import { catalogue } from '../../contracts/catalogue.ts';
import { jobId, type JobDefinition } from '../../contracts/define-job.ts';
import type { JobInput, JobType } from '../../contracts/signatures.ts';
import type { Trx } from '../database/connect.ts';
import type { RetryOrigin } from '../database/schema.ts';

/** A job's start that is committed with the rows it belongs to, and made by the engine afterwards. */
export interface OutboxEntry {
  id: number;
  jobType: string;
  jobId: string;
  input: object;
  /** Replaces the business key that the job makes of its input; a key that was used before then starts nothing. */
  dedupeKey: string | null;
  /** The job does not run before; null for at once. */
  startAt: Date | null;
  /** Set where it starts a run anew that has ended. */
  retry: RetryOrigin | null;
  attempts: number;
}

/** The columns of an entry. */
export const entryColumns = [
  'id',
  'job_type as jobType',
  'job_id as jobId',
  'input',
  'dedupe_key as dedupeKey',
  'start_at as startAt',
  'retry',
  'attempts',
] as const;

/**
 * How long the relay leaves a new entry to the request that wrote it, so that the two rarely make the same start side by
 * side. Where they do, the workflow id makes one of them.
 */
const GRACE_SECONDS = 5;

/**
 * As {@link enqueueStart}, once for each key of a caller: where an entry with that key is kept, nothing is committed and
 * that entry is returned, whatever its input and time. `isNew` tells which.
 */
export async function enqueueOnce<K extends JobType>(
  trx: Trx,
  type: K,
  input: JobInput<K>,
  { dedupeKey, startAt }: { dedupeKey: string; startAt: Date | null },
): Promise<{ entry: OutboxEntry; isNew: boolean }> {
  const job: JobDefinition<K, JobInput<K>> = catalogue[type];
  const id = jobId(job, input, dedupeKey);
  // Held until the commit: another request with the same key waits here, and then sees the entry.
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${id}, 0))`.execute(trx);
  const kept = await trx
    .selectFrom('outbox')
    .select(entryColumns)
    .where('job_id', '=', id)
    .where('dedupe_key', '=', dedupeKey)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (kept) return { entry: kept, isNew: false };
  return { entry: await enqueueStart(trx, type, input, { dedupeKey, startAt }), isNew: true };
}

/**
 * Commits a job's start with the caller's transaction. Hand the entry to the dispatcher after the commit.
 * @throws {ZodError} where the input does not fit the job's schema: nothing invalid is ever committed.
 */
export async function enqueueStart<K extends JobType>(
  trx: Trx,
  type: K,
  input: JobInput<K>,
  { dedupeKey = null, startAt = null }: Partial<Pick<OutboxEntry, 'dedupeKey' | 'startAt'>> = {},
): Promise<OutboxEntry> {
  const id = jobId<K, JobInput<K>>(catalogue[type], input, dedupeKey);
  return insertEntry(trx, type, input, { jobId: id, dedupeKey, startAt, retry: null });
}

/**
 * Commits, with the caller's transaction, that a run which has ended is started anew under the same id.
 * @throws {ZodError} where the input does not fit the job's schema.
 */
export async function enqueueRetry<K extends JobType>(
  trx: Trx,
  type: K,
  input: JobInput<K>,
  { jobId: id, ...retry }: RetryOrigin & { jobId: string },
): Promise<OutboxEntry> {
  return insertEntry(trx, type, input, { jobId: id, dedupeKey: null, startAt: null, retry });
}

async function insertEntry<K extends JobType>(
  trx: Trx,
  type: K,
  input: JobInput<K>,
  entry: Pick<OutboxEntry, 'jobId' | 'dedupeKey' | 'startAt' | 'retry'>,
): Promise<OutboxEntry> {
  const job: JobDefinition<K, JobInput<K>> = catalogue[type];
  const parsed = job.input.parse(input);
  const row = await trx
    .insertInto('outbox')
    .values({
      job_type: type,
      job_id: entry.jobId,
      input: JSON.stringify(parsed),
      dedupe_key: entry.dedupeKey,
      start_at: entry.startAt,
      retry: entry.retry && JSON.stringify(entry.retry),
      next_attempt_at: sql<Date>`now() + make_interval(secs => ${GRACE_SECONDS})`,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { id: row.id, jobType: type, input: parsed, attempts: 0, ...entry };
}
