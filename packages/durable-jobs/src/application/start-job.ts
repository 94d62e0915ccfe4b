import { inPreparedTransaction } from '../database/prepared-transaction.ts';
import type { OpenClient } from '../api/open-client.ts';
import { acceptInput } from '../jobs/accept-input.ts';
import { checkStartOptions, type EnqueueOptions, type StartOptions } from '../jobs/enqueue/start-options.ts';
import type { InputOf, JobDefinition } from '../jobs/job-definition.ts';
import { enqueueAccepted, enqueueOnce, type StartConditions } from '../jobs/outbox/enqueue.ts';

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
 * @throws {ZodError} if the input does not fit; {TypeError} if an option or the job's key is not valid, two times exclude each other, or it
 * would expire before it starts.
 */
export async function startJob<Job extends JobDefinition>(
  { db, dispatcher, requireKeys }: Pick<OpenClient, 'db' | 'dispatcher' | 'requireKeys'>,
  definition: Job,
  input: InputOf<Job>,
  options: EnqueueOptions,
): Promise<StartedJob> {
  const checked = checkStartOptions(definition.type, options);
  const conditions = conditionsOf(checked);
  const { dedupeKey } = checked;
  const accepted = acceptInput(definition, input);
  await requireKeys();
  const { entry, isNew } = await inPreparedTransaction(db, async (trx) =>
    dedupeKey === null
      ? { entry: await enqueueAccepted(trx, definition, accepted, conditions), isNew: true }
      : enqueueOnce(trx, definition, accepted, { dedupeKey, ...conditions }),
  );
  const { jobId } = entry;
  if (!isNew) return { jobId, outcome: 'exists' };
  dispatcher.start([entry]);
  return { jobId, outcome: 'accepted' };
}

/** Returns the conditions and the urgency of a start. @throws {TypeError} if it would expire before it starts. */
function conditionsOf({
  delayMs,
  startAt,
  expiresAt,
  expiresInMs,
  after,
  priority,
  fairness,
}: StartOptions): StartConditions {
  const at = delayMs === null ? startAt : new Date(Date.now() + delayMs);
  const from = Math.max(at?.getTime() ?? 0, Date.now());
  const expires = expiresInMs === null ? expiresAt : new Date(from + expiresInMs);
  if (expires && expires.getTime() <= from) throw new TypeError('expiresAt must be later than the start');
  return { startAt: at, expiresAt: expires, after, priority, fairness };
}
