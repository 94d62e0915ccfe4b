import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { FairTurns } from '../../values/fair-turns.ts';
import { NO_KEY, priorities, type Urgency } from '../../values/priority.ts';
import { notifyRelay } from '../outbox/enqueue.ts';
import type { StartDeps } from '../outbox/make-start.ts';
import { areAtLimit, areBehind, areUnmade, isStillToMake } from '../outbox/still-to-make.ts';
import { admitStarts, type LimitedStart } from './admit.ts';
import { BEHIND } from './behind.ts';
import { capacityOfKey, JobLimitError, limitsOf } from './limits-of.ts';

/** Limits that are looked at per pass, besides those that have become free. The next pass continues behind them. */
const MOST_LIMITS = 1_000;

/** Time after which a pass looks at no further limit, in milliseconds: other parts of the service and the relay wait for it. */
const MOST_PASS_MS = 1_000;

/** Starts that get their turn at one limit per pass. */
const MOST_TURNS = 200;

/** Times that one pass looks for further starts of a limit, because those that it found have to wait at another. */
const MOST_ROUNDS = 20;

/** Fairness keys of a limit that are looked at together. The next look continues behind them. */
const MOST_KEYS = 100;

/** A limit at which starts wait. */
interface WaitedLimit {
  limitKey: string;
  used: number;
  /** When the next slot of a throttle is free. */
  freeAt: Date | null;
}

/** Gives starts that wait at limits their turns, and remembers which fairness keys had theirs. */
export class LimitTurns {
  readonly #turns = new FairTurns();
  /** The limit, and the job, behind which the next pass continues. */
  #from = '';
  #fromJob = '';
  /** Where the next look at the fairness keys of a limit begins. */
  readonly #fromKey = new Map<string, string>();

  /**
   * Gives free slots to starts that wait, by priority and in turns between fairness keys; the relay makes them. The limits of `freed` are
   * looked at in any case. Limits of jobs that this process does not know are left to others. Returns how many starts had their turn, and
   * when the next slot of a throttle is free.
   */
  async give(
    { db, jobs, logger }: Pick<StartDeps, 'db' | 'jobs' | 'logger'>,
    freed: ReadonlySet<string>,
  ): Promise<{ given: number; nextAt: Date | undefined; more: boolean }> {
    const begunAt = performance.now();
    const { limits, isPartial } = await this.#look(db, freed);
    let given = await this.#releaseFollowers(db);
    let nextAt: Date | undefined;
    let more = isPartial;
    for (const [index, { limitKey, used, freeAt }] of limits.entries()) {
      if (index > 0 && performance.now() - begunAt > MOST_PASS_MS) {
        more = true;
        this.#from = limits[index - 1]?.limitKey ?? '';
        break;
      }
      const capacity = capacityOfKey(jobs, limitKey);
      if (capacity === undefined) continue;
      const free = capacity === 'unlimited' ? MOST_TURNS : Math.min(capacity.most - used, MOST_TURNS);
      if (free > 0) {
        const turns = await this.#giveAt({ db, jobs, logger }, limitKey, free);
        given += turns.given;
        more ||= turns.more;
      }
      if (freeAt && (nextAt === undefined || freeAt < nextAt)) nextAt = freeAt;
    }
    if (given > 0) await notifyRelay(db);
    return { given, nextAt, more };
  }

  /**
   * Gives free slots of one limit. A start that has to meet another limit too may join the line there instead, and leaves its turn to the
   * next one. Returns how many starts had their turn, and whether more may have theirs immediately.
   */
  async #giveAt(
    { db, jobs, logger }: Pick<StartDeps, 'db' | 'jobs' | 'logger'>,
    limitKey: string,
    free: number,
  ): Promise<{ given: number; more: boolean }> {
    const seen = new Set<number>();
    let given = 0;
    for (let round = 0; round < MOST_ROUNDS && given < free; round++) {
      const next = await this.#next(db, limitKey, free - given);
      const starts = next.filter(({ id }) => !seen.has(id));
      if (starts.length === 0) return { given, more: false };
      const inputs = await readInputs(db, starts);
      const limited = starts.map((start): WaitingStart & LimitedStart => {
        seen.add(start.id);
        try {
          const input = inputs.get(start.id) ?? {};
          const limits = limitsOf(jobs.get(start.jobType), input);
          return { ...start, isInTurn: false, isMergeable: false, limits };
        } catch (error) {
          if (!(error instanceof JobLimitError)) throw error;
          // The definition has changed. The relay finds the fault when it makes the start.
          logger.warn({ err: error, jobId: start.jobId }, 'the limits of a waiting start are not valid');
          return { ...start, isInTurn: false, isMergeable: false, limits: [] };
        }
      });
      const { admitted, errors } = await admitStarts(db, limited, 'turn');
      for (const error of errors)
        logger.warn({ err: error, limitKey }, 'the slots of a limit could not be given');
      for (const start of limited) if (admitted.has(start.id)) this.#turns.served(start);
      given += admitted.size;
    }
    return { given, more: given < free || given === MOST_TURNS };
  }

  /**
   * Hands starts that wait behind an earlier one of their job, or its run, to the relay again once they are the first, and the job holds no
   * slot.
   */
  async #releaseFollowers(db: Db): Promise<number> {
    const { rows } = await sql<{ jobId: string; isReleased: boolean }>`
      WITH RECURSIVE job AS (
        (SELECT job_id, 1 AS place FROM outbox WHERE ${areBehind} AND job_id > ${this.#fromJob} ORDER BY job_id LIMIT 1)
        UNION ALL
        SELECT (SELECT job_id FROM outbox WHERE ${areBehind} AND job_id > job.job_id ORDER BY job_id LIMIT 1), place + 1
        FROM job WHERE job.job_id IS NOT NULL AND place < ${MOST_LIMITS}
      ), next AS MATERIALIZED (
        SELECT first.id, job.job_id FROM job CROSS JOIN LATERAL (
          SELECT id, limit_key FROM outbox
          WHERE job_id = job.job_id AND ${areUnmade} AND (NOT is_held OR limit_key IS NOT NULL)
          ORDER BY id LIMIT 1) AS first
        WHERE first.limit_key = ${BEHIND}
          AND NOT EXISTS (SELECT FROM limit_slots WHERE limit_slots.job_id = job.job_id AND ends_at IS NULL)
      ), unlocked AS MATERIALIZED (
        SELECT id FROM outbox WHERE id = ANY(ARRAY(SELECT id FROM next)) AND ${isStillToMake} AND limit_key = ${BEHIND}
        ORDER BY id FOR UPDATE SKIP LOCKED
      ), released AS (
        UPDATE outbox SET is_held = false, limit_key = NULL, next_attempt_at = now()
        WHERE id = ANY(ARRAY(SELECT id FROM unlocked)) RETURNING outbox.job_id)
      SELECT job.job_id AS "jobId", released.job_id IS NOT NULL AS "isReleased"
      FROM job LEFT JOIN released ON released.job_id = job.job_id WHERE job.job_id IS NOT NULL
      ORDER BY job.place`.execute(db);
    this.#fromJob = rows.length === MOST_LIMITS ? (rows.at(-1)?.jobId ?? '') : '';
    return rows.filter(({ isReleased }) => isReleased).length;
  }

  /** Returns limits at which starts wait: those that have become free, and the next ones in turn. */
  async #look(db: Db, freed: ReadonlySet<string>): Promise<{ limits: WaitedLimit[]; isPartial: boolean }> {
    const { rows } = await sql<{ limitKey: string }>`
      WITH RECURSIVE waiting AS (
        (SELECT limit_key, 1 AS place FROM outbox WHERE ${areAtLimit} AND limit_key > ${this.#from}
          ORDER BY limit_key LIMIT 1)
        UNION ALL
        SELECT (SELECT limit_key FROM outbox WHERE ${areAtLimit} AND limit_key > waiting.limit_key
          ORDER BY limit_key LIMIT 1), place + 1
        FROM waiting WHERE waiting.limit_key IS NOT NULL AND place < ${MOST_LIMITS})
      SELECT limit_key AS "limitKey" FROM waiting WHERE limit_key IS NOT NULL`.execute(db);
    const found = rows.map(({ limitKey }) => limitKey);
    this.#from = found.length === MOST_LIMITS ? (found.at(-1) ?? '') : '';
    const keys = [...new Set([...found, ...freed])];
    if (keys.length === 0) return { limits: [], isPartial: false };
    const limits = await sql<WaitedLimit>`
      SELECT key AS "limitKey",
        -- A start whose slot of a throttle has expired before it was made has the first right to another.
        count(slot.entry_id) FILTER (WHERE slot.ends_at IS NULL OR slot.ends_at > clock_timestamp() OR EXISTS (
          SELECT FROM outbox WHERE id = slot.entry_id AND NOT is_held AND ${isStillToMake}
            AND next_attempt_at <= now() + interval '1 second'))::int AS used,
        min(slot.ends_at) FILTER (WHERE slot.ends_at > clock_timestamp()) AS "freeAt"
      FROM unnest(${keys}::text[]) AS key
        CROSS JOIN LATERAL (SELECT FROM outbox WHERE limit_key = key AND ${areAtLimit} LIMIT 1) AS start
        LEFT JOIN limit_slots AS slot ON slot.limit_key = key
      GROUP BY key ORDER BY key COLLATE "C"`.execute(db);
    return { limits: limits.rows, isPartial: this.#from !== '' };
  }

  /** Returns the starts whose turn is next at a limit, the oldest of each fairness key. */
  async #next(db: Db, limitKey: string, count: number): Promise<WaitingStart[]> {
    const waiting: WaitingStart[] = [];
    for (const priority of await prioritiesAt(db, limitKey)) {
      if (waiting.length >= count) break;
      const place = `${priority} ${limitKey}`;
      const from = this.#fromKey.get(place) ?? NO_KEY;
      const found = await findWaiting(db, { limitKey, priority, from, count });
      const keys = new Set(found.map(({ fairnessKey }) => fairnessKey ?? NO_KEY));
      // No key contains a control character, so this comes right after it.
      if (keys.size === MOST_KEYS) this.#fromKey.set(place, `${[...keys].at(-1) ?? ''}\u0001`);
      else if (from !== NO_KEY) {
        this.#fromKey.delete(place);
        const others = await findWaiting(db, { limitKey, priority, from: NO_KEY, count });
        found.push(...others.filter(({ fairnessKey }) => !keys.has(fairnessKey ?? NO_KEY)));
      }
      waiting.push(...found);
    }
    return this.#turns.order(
      waiting.sort((a, b) => a.id - b.id),
      count,
    );
  }
}

/** Returns the priorities of the starts that wait at a limit, the most urgent first. */
async function prioritiesAt(db: Db, limitKey: string): Promise<number[]> {
  const { rows } = await sql<{ priority: number }>`
    SELECT one.priority FROM unnest(${priorities}::smallint[]) AS one (priority) CROSS JOIN LATERAL (
      SELECT FROM outbox
      WHERE ${areAtLimit} AND limit_key = ${limitKey} AND coalesce(outbox.priority, 3::smallint) = one.priority
      LIMIT 1) AS start
    ORDER BY one.priority`.execute(db);
  return rows.map(({ priority }) => priority);
}

/** Returns the oldest starts of a priority of each fairness key, from a key on, that wait at a limit. */
async function findWaiting(
  db: Db,
  { limitKey, priority, from, count }: { limitKey: string; priority: number; from: string; count: number },
): Promise<WaitingStart[]> {
  const isHere = sql`${areAtLimit} AND limit_key = ${limitKey} AND coalesce(priority, 3::smallint) = ${priority}::smallint`;
  const { rows } = await sql<WaitingStart>`
    WITH RECURSIVE keys AS (
      (SELECT coalesce(fairness_key, '') AS key, 1 AS place FROM outbox
        WHERE ${isHere} AND coalesce(fairness_key, '') >= ${from} ORDER BY coalesce(fairness_key, '') LIMIT 1)
      UNION ALL
      SELECT (SELECT coalesce(fairness_key, '') FROM outbox
        WHERE ${isHere} AND coalesce(fairness_key, '') > keys.key ORDER BY coalesce(fairness_key, '') LIMIT 1), place + 1
      FROM keys WHERE keys.key IS NOT NULL AND place < ${MOST_KEYS})
    SELECT start.* FROM keys CROSS JOIN LATERAL (
      SELECT id, job_type AS "jobType", job_id AS "jobId", priority, fairness_key AS "fairnessKey",
        fairness_weight AS "fairnessWeight"
      FROM outbox WHERE ${isHere} AND coalesce(fairness_key, '') = keys.key
      ORDER BY id LIMIT ${count}) AS start
    WHERE keys.key IS NOT NULL ORDER BY keys.key`.execute(db);
  return rows;
}

interface WaitingStart extends Urgency {
  id: number;
  jobType: string;
  jobId: string;
}

/** Returns the inputs of starts: only of those that are chosen, as they may be large. */
async function readInputs(db: Db, starts: readonly WaitingStart[]): Promise<Map<number, object>> {
  const rows = await db
    .selectFrom('outbox')
    .select(['id', 'input'])
    .where('id', '=', sql<number>`ANY(${starts.map(({ id }) => id)}::bigint[])`)
    .execute();
  return new Map(rows.map(({ id, input }) => [id, input]));
}
