import type { OpenClient } from '../api/open-client.ts';
import type { EnqueueOptions } from '../jobs/enqueue/statement.ts';
import type { InputOf, JobDefinition } from '../jobs/job-definition.ts';
import { enqueueOnce, enqueueStart, type StartConditions } from '../jobs/outbox/enqueue.ts';
import type { StartOutcome } from '../jobs/outbox/start-outcome.ts';
import { durationMs } from '../values/duration.ts';

/** A job that was enqueued, and the outcome so far. */
export interface StartedJob {
  /** The job's id, for `result()` and `cancel()`. */
  jobId: string;
  /**
   * `started`: it is running, or will start at its time. `delivered`: it was delivered to the open run as a message. `waiting`: it starts
   * when the open run has ended. `exists`: no job was started, because one with its key already exists. `pending`: it is committed, and
   * starts as soon as the engine can be reached.
   */
  outcome: 'started' | 'delivered' | 'waiting' | 'exists' | 'pending';
}

const outcomes = {
  started: 'started',
  delivered: 'delivered',
  waits: 'waiting',
  exists: 'exists',
} as const satisfies Record<StartOutcome['kind'], StartedJob['outcome']>;

/**
 * Enqueues a job in a separate transaction and starts it immediately. `definition` must be the registry's, whose schema validates the
 * input.
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
  const outcome = await dispatcher.dispatch(entry);
  return { jobId, outcome: outcome ? outcomes[outcome.kind] : 'pending' };
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
