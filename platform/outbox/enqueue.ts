import { sql } from 'kysely';
import { catalogue } from '../../contracts/catalogue.ts';
import { jobId, type JobDefinition } from '../../contracts/define-job.ts';
import type { JobInput, JobType } from '../../contracts/signatures.ts';
import type { Trx } from '../database/connect.ts';

/** A start or a cancellation that is committed with the rows it belongs to, and made by the engine afterwards. */
export interface OutboxEntry {
  id: number;
  operation: 'start' | 'cancel';
  jobType: string;
  jobId: string;
  input: object;
  attempts: number;
}

/**
 * How long the relay leaves a new entry to the request that wrote it. Longer than a request waits for the engine, so
 * that the two do not make the same start side by side.
 */
const GRACE_SECONDS = 5;

/**
 * Commits a job's start with the caller's transaction. Hand the entry to the dispatcher after the commit.
 * @throws {ZodError} where the input does not fit the job's schema: nothing invalid is ever committed.
 */
export async function enqueueStart<K extends JobType>(
  trx: Trx,
  type: K,
  input: JobInput<K>,
): Promise<OutboxEntry> {
  const job: JobDefinition<K, JobInput<K>> = catalogue[type];
  return insert(trx, 'start', type, jobId(job, input), job.input.parse(input));
}

/** Commits a job's cancellation with the caller's transaction. A job that does not run is left as it is. */
export async function enqueueCancel(trx: Trx, type: JobType, id: string): Promise<OutboxEntry> {
  return insert(trx, 'cancel', type, id, {});
}

async function insert(
  trx: Trx,
  operation: 'start' | 'cancel',
  type: JobType,
  id: string,
  input: object,
): Promise<OutboxEntry> {
  const row = await trx
    .insertInto('outbox')
    .values({
      operation,
      job_type: type,
      job_id: id,
      input: JSON.stringify(input),
      next_attempt_at: sql<Date>`now() + make_interval(secs => ${GRACE_SECONDS})`,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { id: row.id, operation, jobType: type, jobId: id, input, attempts: 0 };
}
