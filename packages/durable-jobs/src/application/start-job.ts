import type { OpenClient } from '../api/open-client.ts';
import type { EnqueueOptions } from '../jobs/enqueue/statement.ts';
import type { InputOf, JobDefinition } from '../jobs/job-definition.ts';
import { enqueueOnce, enqueueStart, type StartConditions } from '../jobs/outbox/enqueue.ts';
import { durationMs } from '../values/duration.ts';

/** A job that was enqueued. */
export interface StartedJob {
  /** The job's id, for `result()` and `cancel()`. */
  jobId: string;
  /**
   * `accepted`: its start is committed, and is made within a moment, or as soon as the engine can be reached. `exists`: nothing was
   * committed, because a start with its `dedupeKey` already exists.
   */
  outcome: 'accepted' | 'exists';
}

/**
 * Enqueues a job in a separate transaction and starts it in the background. `definition` must be the registry's, whose schema validates
 * the input.
 * @throws {ZodError} if the input does not fit; {TypeError} if two times exclude each other, or it would expire before it starts.
 */
export async function startJob<Job extends JobDefinition>(
  { db, dispatcher, requireKeys }: Pick<OpenClient, 'db' | 'dispatcher' | 'requireKeys'>,
  definition: Job,
  input: InputOf<Job>,
  options: EnqueueOptions,
): Promise<StartedJob> {
  const conditions = conditionsOf(options);
  const { dedupeKey } = options;
  const parsed = definition.input.parse(input);
  await requireKeys();
  const { entry, isNew } = await db
    .transaction()
    .execute(async (trx) =>
      dedupeKey === undefined
        ? { entry: await enqueueStart(trx, definition, parsed, conditions), isNew: true }
        : enqueueOnce(trx, definition, parsed, { dedupeKey, ...conditions }),
    );
  const { jobId } = entry;
  if (!isNew) return { jobId, outcome: 'exists' };
  dispatcher.start([entry]);
  return { jobId, outcome: 'accepted' };
}

/** Returns the earliest start, the expiry and the awaited job of a start. @throws {TypeError} if two of the options exclude each other. */
function conditionsOf({ delay, startAt, expiresAt, expiresIn, after }: EnqueueOptions): StartConditions {
  if (delay !== undefined && startAt !== undefined) throw new TypeError('give delay or startAt, not both');
  if (expiresIn !== undefined && expiresAt !== undefined)
    throw new TypeError('give expiresIn or expiresAt, not both');
  const at = delay === undefined ? (startAt ?? null) : new Date(Date.now() + durationMs.parse(delay));
  const from = Math.max(at?.getTime() ?? 0, Date.now());
  const expires =
    expiresIn === undefined ? (expiresAt ?? null) : new Date(from + durationMs.parse(expiresIn));
  if (expires && expires.getTime() <= from) throw new TypeError('expiresAt must be later than the start');
  return {
    startAt: at,
    expiresAt: expires,
    after: after
      ? {
          jobId: typeof after.job === 'string' ? after.job : after.job.jobId,
          when: after.when ?? 'completes',
        }
      : null,
  };
}
