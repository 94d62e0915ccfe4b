import { sql, type QueryResult, type RawBuilder } from 'kysely';
import { commitWith } from '../database/commit-with.ts';
import type { Db, OwnTrx } from '../database/connect.ts';
import { ofNoIndex } from '../database/own-index.ts';
import { withPrepared } from '../database/prepared.ts';
import type { WorkItemDefinition } from './define-work-item.ts';
import type { Urgency } from '../values/priority.ts';
import { DueItems, isAnyInTurns, isOpen, isPlain } from './due-items.ts';
import { LeaseLostError } from './errors.ts';

/** Proof that an item is the caller's. Each claim creates a new token. */
export interface Lease {
  id: string;
  token: string;
  /** Set if the item was claimed in its turn, which its key has back if the item is returned. */
  turn?: Urgency;
}

/** An item that is the caller's until its lease ends. */
export interface ClaimedWork {
  lease: Lease;
  kind: string;
  payload: unknown;
  /** Counted from 1; more than the policy allows if workers died with the item. */
  attempt: number;
}

/** Why an attempt failed, and what follows. */
export interface WorkFailure {
  code: string;
  message: string;
  /** The wait before the next attempt; undefined if the item is dead. */
  retryInMs: number | undefined;
}

/** An item that was done. */
export interface Completion {
  lease: Lease;
  /** Its result as JSON; null if it has none. */
  result: string | null;
}

/** What became of leases that were to be renewed, by the ids of their items. */
export interface Renewal {
  renewed: ReadonlySet<string>;
  /** Those that are no longer the caller's. A lease that is in neither set could not be renewed now, because its row is locked. */
  lost: ReadonlySet<string>;
}

/** The queue, as its workers use it. */
export interface WorkQueue {
  /**
   * Claims due items by priority, in turns between keys, and longest due first: at most `free`, for as many free slots, and at most `ahead`
   * that wait for one. Concurrent callers never get the same item, and do not wait for each other. A claim is smaller than that only if no
   * other item is due: if others have claimed some in the meantime, it takes further ones, whatever their turn.
   *
   * An item that is at its last attempt is claimed only for a free slot: if its worker was killed before the attempt began, the item would be
   * dead although nothing was tried. So is an item of a kind for which `mayWait` is false. Such items come first in the result, and those that
   * are due after one without a slot are left, too.
   *
   * A claim does not wait for the disk (`synchronous_commit = off`). If the database crashes, it may forget the claims of the last moments,
   * which is safe: such an item is pending again, or running under its former lease, and another worker may claim it, as it may claim an item
   * whose lease has ended. The token of a forgotten claim is not in the table, so its holder can neither complete nor fail the item, and what
   * it has written in its transaction is rolled back. If a completion survives the crash, so does the claim before it, because the log is
   * written in order. Only the number of attempts may be lower by one.
   */
  getNext: (free: number, ahead?: number, mayWait?: (kind: string) => boolean) => Promise<ClaimedWork[]>;
  /** Returns the milliseconds until the next item is due, except for items under these leases; undefined if there is none. */
  nextDueInMs: (except: readonly Lease[]) => Promise<number | undefined>;
  /**
   * Renews leases, except for those whose rows other transactions have locked: nothing waits for these. A renewal does not wait for the disk
   * either: after a crash of the database, a lease may end earlier than its holder assumes. If another worker claims the item then, the
   * holder's token is refused.
   */
  renew: (leases: readonly Lease[]) => Promise<Renewal>;
  /**
   * Completes an item in the transaction of its effects and commits it, in one round trip.
   * @throws {LeaseLostError} if the item is no longer the caller's: the transaction must be rolled back.
   */
  commit: (trx: OwnTrx, completion: Completion) => Promise<void>;
  /**
   * Completes items with one statement. Returns the ids of those that were completed. The others are no longer the caller's, or their rows are
   * locked by other transactions: an item does not wait for the row of another one. With `trx`, the items
   * are completed when it commits, and locked rows are awaited: a renewal locks them for a moment.
   */
  completeAll: (completions: readonly Completion[], trx?: OwnTrx) => Promise<Set<string>>;
  /** Completes one item, as soon as no other transaction has locked its row. Returns false if it is no longer the caller's. */
  complete: (completion: Completion) => Promise<boolean>;
  /**
   * Records that an attempt failed.
   * @throws {LeaseLostError} if the item is no longer the caller's.
   */
  fail: (lease: Lease, failure: WorkFailure) => Promise<void>;
  /**
   * Returns items without using up an attempt, due after `delayMs`, or in their former place if that is 0. Items that are no longer the
   * caller's are left unchanged. Rows that other transactions have locked come last, so that the other items do not wait for them.
   */
  release: (leases: readonly Lease[], delayMs?: number) => Promise<void>;
}

/** A longer message helps no one. */
const MAX_MESSAGE_LENGTH = 2_000;

/** Items that are offered to a claim for each that it may take: other workers claim some of them at the same time. */
const OFFERED = 4;

/** How often one claim looks at the due items: the second time, if other workers have claimed those that it found at first. */
const MOST_LOOKS = 2;

/** The SQLSTATE of `durable_jobs.complete_work_item` for an item that is no longer the caller's. */
const LEASE_LOST = 'DJ001';

/** A condition that is always true, and because of which the commit of its statement does not wait for the disk. */
const WITHOUT_WAIT = sql<boolean>`(SELECT set_config('synchronous_commit', 'off', true)) = 'off'`;

/** The columns of an item that was completed. */
const COMPLETED = sql`status = 'completed', lease_token = NULL, lease_expires_at = NULL, ended_at = clock_timestamp()`;

/** Creates the queue over `work_items`. All times are the database's, so that workers' clocks do not matter. */
export function createWorkQueue({
  db,
  kinds: definitions,
  leaseMs,
}: {
  db: Db;
  /** The kinds that the caller can process. */
  kinds: readonly Pick<WorkItemDefinition, 'kind' | 'policy'>[];
  leaseMs: number;
}): WorkQueue {
  // An item of a kind that another release knows waits for a worker of that release. Each kind is queried separately,
  // with an index that begins with the kind, so that due items of other kinds are not read.
  const kinds = sql`${definitions.map(({ kind }) => kind)}::text[]`;
  /** Returns for each kind the attempt from which on an item needs a free slot: the last one, or any. */
  const slotAttempts = ({ mayWait }: Room): RawBuilder<unknown> =>
    sql`${definitions.map(({ kind, policy }) => (mayWait(kind) ? policy.maximumAttempts : 0))}::float8[]`;

  const names = definitions.map(({ kind }) => kind);
  const due = new DueItems(db, names);
  const execute = <Row>(query: RawBuilder<Row>, executor: Db = db): Promise<QueryResult<Row>> =>
    withPrepared(() => query.execute(executor));

  /** Returns a query that locks due items with a condition, longest due first, each with its place. */
  const inDueOrder = (condition: RawBuilder<unknown>, room: Room): RawBuilder<unknown> => sql`
    SELECT id, extract(epoch FROM due_at) AS place, attempts + 1 >= slot_attempts AS needs_slot
    FROM unnest(${kinds}, ${slotAttempts(room)}) AS known (name, slot_attempts), LATERAL (
      SELECT id, due_at, attempts FROM work_items
      WHERE ${condition} AND due_at <= now() AND kind = known.name
      ORDER BY due_at
      LIMIT ${room.count}
      FOR UPDATE SKIP LOCKED) AS item`;

  /**
   * Returns a query that locks those of the offered items that are still due and not locked, each with its place, one after the other until
   * there are enough. Each is found by its id.
   */
  const inTurn = (offered: readonly string[], room: Room): RawBuilder<unknown> => sql`
    SELECT item.id, place, attempts + 1 >= (${slotAttempts(room)})[array_position(${kinds}, item.kind)] AS needs_slot
    FROM unnest(${offered}::uuid[]) WITH ORDINALITY AS offered (id, place), LATERAL (
      SELECT id, kind, attempts FROM work_items
      WHERE id = offered.id AND ${ofNoIndex(sql`${isOpen} AND due_at <= now()`)}
      FOR UPDATE SKIP LOCKED) AS item
    LIMIT ${room.count}`;

  /**
   * Returns the parts of a statement that claims the locked items for which there is room, in their places.
   */
  const claim = (locked: RawBuilder<unknown>, { free, count }: Room): RawBuilder<unknown> => sql`
    locked AS MATERIALIZED (${locked}),
    due AS MATERIALIZED (
      SELECT id, needs_slot, place FROM (
        SELECT id, place, needs_slot, count(*) FILTER (WHERE needs_slot) OVER (ORDER BY place, id) AS needed
        FROM locked) AS item
      WHERE needed <= ${free}
      ORDER BY place, id
      LIMIT ${count}),
    claimed AS (
      UPDATE work_items AS item
      SET status = 'running',
        attempts = attempts + 1,
        lease_token = gen_random_uuid(),
        lease_expires_at = ${inMs(leaseMs)},
        started_at = now()
      WHERE ${isAmong('due')} AND ${WITHOUT_WAIT}
      RETURNING item.id, lease_token AS token, kind, payload, attempts AS attempt, priority,
        fairness_key AS "fairnessKey", fairness_weight AS "fairnessWeight"),
    placed AS (SELECT claimed.*, needs_slot AS "needsSlot", place FROM claimed JOIN due ON due.id = claimed.id)`;

  /** Claims items that have been due longest, unless an open item has a priority or a key. */
  async function claimPlain(room: Room): Promise<{ rows: ClaimedRow[]; isInTurns: boolean }> {
    const locked = sql`${inDueOrder(isPlain, room)} WHERE NOT (SELECT is_any FROM turns)`;
    const { rows } = await execute(sql<(ClaimedRow | { id: null }) & { isInTurns: boolean }>`
      WITH turns AS MATERIALIZED (SELECT ${isAnyInTurns(names)} AS is_any), ${claim(locked, room)}
      SELECT is_any AS "isInTurns", placed.* FROM turns LEFT JOIN placed ON true ORDER BY place, id`);
    return { rows: rows.filter((row) => row.id !== null), isInTurns: rows[0]?.isInTurns === true };
  }

  /** Claims locked items. `isLimited` is true if it left some because they need free slots. */
  async function claimLocked(
    locked: RawBuilder<unknown>,
    room: Room,
  ): Promise<{ rows: ClaimedRow[]; isLimited: boolean }> {
    const { rows } = await execute(sql<(ClaimedRow | { id: null }) & { locked: number }>`
      WITH ${claim(locked, room)}
      SELECT (SELECT count(*)::integer FROM locked) AS locked, placed.* FROM (VALUES (1)) AS one LEFT JOIN placed ON true
      ORDER BY place, id`);
    const claimed = rows.filter((row) => row.id !== null);
    return { rows: claimed, isLimited: claimed.length < (rows[0]?.locked ?? 0) };
  }

  /**
   * Claims items by priority, and in turns between keys, with several statements. If one of them fails, it returns what the earlier ones have
   * claimed: their leases are the caller's, and an item that nobody processes would lose an attempt.
   */
  async function claimInTurns(room: Room): Promise<ClaimedRow[]> {
    const taken: ClaimedRow[] = [];
    try {
      await fillInTurns(taken, room);
    } catch (error) {
      if (taken.length === 0) throw error;
      // The next claim meets the error, if it lasts.
      due.clear();
    }
    return taken;
  }

  /** Adds claimed items to `taken`, each as soon as it is claimed. */
  async function fillInTurns(taken: ClaimedRow[], { free, count, mayWait }: Room): Promise<void> {
    const take = async (
      lockedOf: (room: Room) => RawBuilder<unknown>,
      left: number,
      { outOfTurn = false } = {},
    ): Promise<boolean> => {
      const room = { free: free - taken.filter(({ needsSlot }) => needsSlot).length, count: left, mayWait };
      const { rows, isLimited } = await claimLocked(lockedOf(room), room);
      for (const row of rows) due.served(row, { outOfTurn });
      taken.push(...rows);
      return isLimited;
    };
    let isMissed = false;
    for (let looks = 0; taken.length < count;) {
      if (looks === 0 ? due.isOld : due.isEmpty) {
        if (looks === MOST_LOOKS || (looks > 0 && due.isComplete)) break;
        await due.look(count);
        if (due.isEmpty) return;
        looks++;
      }
      const left = count - taken.length;
      const offered = due.next(left * OFFERED);
      const isLimited = await take((room) => inTurn(offered, room), left);
      const claimed = left - (count - taken.length);
      if (isLimited || claimed === left) {
        due.putBack(offered.slice(offered.indexOf(taken.at(-1)?.id ?? '') + 1));
      }
      // What is left needs free slots, and what is behind it waits for its turn.
      if (isLimited) return;
      isMissed ||= claimed < Math.min(left, offered.length);
    }
    const left = count - taken.length;
    if (left > 0 && (isMissed || !due.isComplete))
      await take((room) => inDueOrder(isOpen, room), left, { outOfTurn: true });
  }

  return {
    async getNext(free, ahead = 0, mayWait = () => true) {
      const room = { free, count: free + ahead, mayWait };
      if (!due.isInTurns) {
        const { rows, isInTurns } = await claimPlain(room);
        if (!isInTurns) return claimedWork(rows, { inTurns: false });
      }
      return claimedWork(await claimInTurns(room), { inTurns: true });
    },

    async nextDueInMs(except) {
      const { rows } = await execute(sql<{ ms: number | null }>`
        SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float8 * 1000 AS ms
        FROM unnest(${kinds}) AS known (name), LATERAL (
          SELECT due_at FROM work_items
          WHERE status IN ('pending', 'running') AND kind = known.name
            AND id <> ALL(${except.map(({ id }) => id)}::uuid[])
          ORDER BY due_at
          LIMIT 1) AS item`);
      return rows[0]?.ms ?? undefined;
    },

    async renew(leases) {
      const { rows } = await sql<{ id: string; isRenewed: boolean }>`
        WITH ours AS MATERIALIZED (SELECT id FROM work_items WHERE ${isOneOf(leases)}),
          free AS MATERIALIZED (${lockOurs(leases)} SKIP LOCKED),
          renewed AS (
            UPDATE work_items AS item SET lease_expires_at = ${inMs(leaseMs)}
            WHERE ${isAmong('free')} AND ${WITHOUT_WAIT} RETURNING item.id)
        SELECT ours.id, renewed.id IS NOT NULL AS "isRenewed" FROM ours LEFT JOIN renewed ON renewed.id = ours.id`.execute(
        db,
      );
      const ours = new Set(rows.map(({ id }) => id));
      return {
        renewed: new Set(rows.filter(({ isRenewed }) => isRenewed).map(({ id }) => id)),
        lost: new Set(leases.map(({ id }) => id).filter((id) => !ours.has(id))),
      };
    },

    async commit(trx, { lease, result }) {
      try {
        const values = [lease.id, lease.token, result];
        await commitWith(trx, 'SELECT durable_jobs.complete_work_item($1, $2, $3)', values);
      } catch (error) {
        throw (error as { code?: unknown }).code === LEASE_LOST ? new LeaseLostError(lease.id) : error;
      }
    },

    async completeAll(completions, trx) {
      const leases = completions.map(({ lease }) => lease);
      const results = completions.map(({ result }) => result);
      const { rows } = await execute(
        sql<{ id: string }>`
        WITH free AS MATERIALIZED (${lockOurs(leases)} ${trx ? sql`` : sql`SKIP LOCKED`})
        UPDATE work_items AS item SET ${COMPLETED}, result = (${results}::jsonb[])[${placeAmong(leases)}]
        WHERE ${isAmong('free')}
        RETURNING item.id`,
        trx,
      );
      return new Set(rows.map(({ id }) => id));
    },

    async complete({ lease, result }) {
      const { numAffectedRows } = await sql`
        UPDATE work_items SET ${COMPLETED}, result = ${result}::jsonb
        WHERE id = ${lease.id} AND lease_token = ${lease.token}`.execute(db);
      return numAffectedRows === 1n;
    },

    async fail(lease, { code, message, retryInMs }) {
      const next =
        retryInMs === undefined
          ? { status: 'dead' as const, endedAt: sql<Date>`now()` }
          : { status: 'pending' as const, notBefore: inMs(retryInMs) };
      const { numUpdatedRows } = await db
        .updateTable('workItems')
        .set({
          ...next,
          leaseToken: null,
          leaseExpiresAt: null,
          lastErrorCode: code,
          // PostgreSQL accepts every character except NUL.
          lastErrorMessage: message.replaceAll('\0', '').slice(0, MAX_MESSAGE_LENGTH),
          lastErrorAt: sql<Date>`now()`,
        })
        .where('id', '=', lease.id)
        .where('leaseToken', '=', lease.token)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw new LeaseLostError(lease.id);
    },

    async release(leases, delayMs = 0) {
      const notBefore = delayMs > 0 ? sql`greatest(not_before, ${inMs(delayMs)})` : sql`not_before`;
      const releaseThose = async (ours: RawBuilder<unknown>): Promise<Set<string>> => {
        const { rows } = await sql<{ id: string }>`
          WITH ours AS MATERIALIZED (${ours})
          UPDATE work_items AS item
          SET status = 'pending',
            attempts = attempts - 1,
            lease_token = NULL,
            lease_expires_at = NULL,
            not_before = ${notBefore}
          WHERE ${isAmong('ours')} RETURNING item.id`.execute(db);
        const ids = new Set(rows.map(({ id }) => id));
        for (const { id, turn } of leases) if (turn && ids.has(id)) due.returned(turn);
        return ids;
      };
      const released = await releaseThose(sql`${lockOurs(leases)} SKIP LOCKED`);
      const left = leases.filter(({ id }) => !released.has(id));
      if (left.length > 0) await releaseThose(lockOurs(left));
    },
  };
}

/** What a claim has room for. */
interface Room {
  /** Items that need a free slot. */
  free: number;
  /** All items. */
  count: number;
  /** Whether items of a kind may wait for a slot. */
  mayWait: (kind: string) => boolean;
}

/** A claimed row. */
type ClaimedRow = Omit<ClaimedWork, 'lease'> & Urgency & { id: string; token: string; needsSlot: boolean };

/** Returns claimed items, those that need a slot first. */
function claimedWork(rows: readonly ClaimedRow[], { inTurns }: { inTurns: boolean }): ClaimedWork[] {
  return rows
    .toSorted((a, b) => Number(b.needsSlot) - Number(a.needsSlot))
    .map(({ id, token, kind, payload, attempt, priority, fairnessKey, fairnessWeight }) => {
      const turn = { priority, fairnessKey, fairnessWeight };
      return { lease: { id, token, ...(inTurns && { turn }) }, kind, payload, attempt };
    });
}

function inMs(ms: number): RawBuilder<Date> {
  return sql<Date>`now() + make_interval(secs => ${ms / 1_000})`;
}

/** Returns a condition for the items of a subquery. Each is found by its id; a join may read the whole table. */
function isAmong(subquery: 'due' | 'free' | 'ours'): RawBuilder<boolean> {
  return sql<boolean>`item.id = ANY(ARRAY(SELECT id FROM ${sql.table(subquery)}))`;
}

function isOneOf(leases: readonly Lease[]): RawBuilder<boolean> {
  return sql<boolean>`id = ANY(${leases.map(({ id }) => id)}::uuid[]) AND lease_token = ANY(${tokensOf(leases)})`;
}

/** Returns the place of an item's lease among leases, counted from 1. An item may be there twice, with the lease that it had before. */
function placeAmong(leases: readonly Lease[]): RawBuilder<number> {
  return sql<number>`array_position(${tokensOf(leases)}, lease_token)`;
}

function tokensOf(leases: readonly Lease[]): RawBuilder<string[]> {
  return sql<string[]>`${leases.map(({ token }) => token)}::uuid[]`;
}

/**
 * Returns a query that locks the items under these leases, always in the same order, so that statements about several items cannot block
 * each other in a circle. The lock is that of an update: it conflicts with no foreign key to an item.
 */
function lockOurs(leases: readonly Lease[]): RawBuilder<unknown> {
  return sql`SELECT id FROM work_items WHERE ${isOneOf(leases)} ORDER BY id FOR NO KEY UPDATE`;
}
