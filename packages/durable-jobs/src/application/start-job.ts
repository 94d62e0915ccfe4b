import type { OpenClient } from '../api/open-client.ts';
import type { EnqueueOptions } from '../jobs/enqueue/statement.ts';
import type { InputOf, JobDefinition } from '../jobs/job-definition.ts';
import { enqueueOnce, enqueueStart, type StartConditions } from '../jobs/outbox/enqueue.ts';
import type { StartOutcome } from '../jobs/outbox/start-outcome.ts';
import { durationMs } from '../values/duration.ts';

/** A start that was committed, and what became of it so far. */
export interface StartedJob {
  /** The job's id, by which `result()` and `cancel()` know it. */
  id: string;
  /**
   * `started`: it runs, or will at its time. `delivered`: it reached the open run as a message. `waiting`: it starts when the open
   * run has ended. `exists`: no job was started, as there was one with its key already. `pending`: it is committed, and starts as
   * soon as the engine can be reached.
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
 * Commits a job's start in a transaction of its own, and starts the job at once. `definition` is the registry's, whose schema
 * checks the input.
 * @throws {ZodError} where the input does not fit; {TypeError} where two times exclude each other, or it would expire before it starts.
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
  const id = entry.jobId;
  if (!isNew) return { id, outcome: 'exists' };
  const outcome = await dispatcher.dispatch(entry);
  return { id, outcome: outcome ? outcomes[outcome.kind] : 'pending' };
}

/** When a job may start, until when it must have, and after which other. @throws {TypeError} where two of them exclude each other. */
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
