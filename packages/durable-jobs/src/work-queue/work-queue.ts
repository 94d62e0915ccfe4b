import { sql, type RawBuilder } from 'kysely';
import pg from 'pg';
import { commitWith } from '../database/commit-with.ts';
import type { Db, OwnTrx } from '../database/connect.ts';
import { LeaseLostError } from './errors.ts';

/** Proof that an item is the caller's. Each claim creates a new token. */
export interface Lease {
  id: string;
  token: string;
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

/** An item that was done outside of any transaction. */
export interface Completion {
  lease: Lease;
  result: object | undefined;
}

/** The queue, as its workers use it. */
export interface WorkQueue {
  /**
   * Claims the items that have been due longest, at most `count`. Concurrent callers never get the same item, and do not wait for each
   * other.
   *
   * A claim does not wait for the disk (`synchronous_commit = off`). If the database crashes, it may forget the claims of the last moments,
   * which is safe: such an item is pending again, or running under its former lease, and another worker may claim it, as it may claim an item
   * whose lease has ended. The token of a forgotten claim is not in the table, so its holder can neither complete nor fail the item, and what
   * it has written in its transaction is rolled back. If a completion survives the crash, so does the claim before it, because the log is
   * written in order. Only the number of attempts may be lower by one.
   */
  getNext: (count: number) => Promise<ClaimedWork[]>;
  /** Returns the milliseconds until the next item is due, except for items under these leases; undefined if there is none. */
  nextDueInMs: (except: readonly Lease[]) => Promise<number | undefined>;
  /**
   * Renews leases. Returns the ids of those that are still the caller's. A renewal does not wait for the disk either: after a crash of the
   * database, a lease may end earlier than its holder assumes. If another worker claims the item then, the holder's token is refused.
   */
  renew: (leases: readonly Lease[]) => Promise<Set<string>>;
  /**
   * Completes an item in the transaction of its effects and commits it, in one round trip.
   * @throws {LeaseLostError} if the item is no longer the caller's: the transaction must be rolled back.
   */
  commit: (trx: OwnTrx, completion: Completion) => Promise<void>;
  /** Completes items with one statement. Returns the ids of those that were still the caller's. */
  completeAll: (completions: readonly Completion[]) => Promise<Set<string>>;
  /**
   * Records that an attempt failed.
   * @throws {LeaseLostError} if the item is no longer the caller's.
   */
  fail: (lease: Lease, failure: WorkFailure) => Promise<void>;
  /**
   * Returns items without using up an attempt, due after `delayMs`, or in their former place if that is 0. Items that are no longer the
   * caller's are left unchanged.
   */
  release: (leases: readonly Lease[], delayMs?: number) => Promise<void>;
}

/** A longer message helps no one. */
const MAX_MESSAGE_LENGTH = 2_000;

/** The SQLSTATE of `durable_jobs.complete_work_item` for an item that is no longer the caller's. */
const LEASE_LOST = 'DJ001';

/** A condition that is always true, and because of which the commit of its statement does not wait for the disk. */
const WITHOUT_WAIT = sql<boolean>`(SELECT set_config('synchronous_commit', 'off', true)) = 'off'`;

/** Creates the queue over `work_items`. All times are the database's, so that workers' clocks do not matter. */
export function createWorkQueue({
  db,
  kinds: names,
  leaseMs,
}: {
  db: Db;
  /** The kinds that the caller can process. */
  kinds: readonly string[];
  leaseMs: number;
}): WorkQueue {
  // An item of a kind that another release knows waits for a worker of that release. Each kind is queried separately,
  // with an index that begins with the kind, so that due items of other kinds are not read.
  const kinds = sql`${names}::text[]`;

  return {
    async getNext(count) {
      const { rows } = await sql<{ id: string; token: string } & Omit<ClaimedWork, 'lease'>>`
        WITH due AS MATERIALIZED (
          SELECT id FROM unnest(${kinds}) AS known (name), LATERAL (
            SELECT id, due_at FROM work_items
            WHERE status IN ('pending', 'running') AND due_at <= now() AND kind = known.name
            ORDER BY due_at
            LIMIT ${count}
            FOR UPDATE SKIP LOCKED) AS item
          ORDER BY due_at
          LIMIT ${count})
        UPDATE work_items AS item
        SET status = 'running',
          attempts = attempts + 1,
          lease_token = gen_random_uuid(),
          lease_expires_at = ${inMs(leaseMs)},
          started_at = now()
        FROM due
        WHERE item.id = due.id AND ${WITHOUT_WAIT}
        RETURNING item.id, lease_token AS token, kind, payload, attempts AS attempt`.execute(db);
      return rows.map(({ id, token, ...item }) => ({ lease: { id, token }, ...item }));
    },

    async nextDueInMs(except) {
      const { rows } = await sql<{ ms: number | null }>`
        SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float8 * 1000 AS ms
        FROM unnest(${kinds}) AS known (name), LATERAL (
          SELECT due_at FROM work_items
          WHERE status IN ('pending', 'running') AND kind = known.name
            AND id <> ALL(${except.map(({ id }) => id)}::uuid[])
          ORDER BY due_at
          LIMIT 1) AS item`.execute(db);
      return rows[0]?.ms ?? undefined;
    },

    async renew(leases) {
      const { rows } = await sql<{ id: string }>`
        UPDATE work_items SET lease_expires_at = ${inMs(leaseMs)}
        WHERE ${isOneOf(leases)} AND ${WITHOUT_WAIT} RETURNING id`.execute(db);
      return new Set(rows.map(({ id }) => id));
    },

    async commit(trx, { lease, result }) {
      const values = [lease.id, lease.token, result && JSON.stringify(result)]
        .map((value) => (value === undefined ? 'NULL' : pg.escapeLiteral(value)))
        .join(', ');
      try {
        await commitWith(trx, `SELECT durable_jobs.complete_work_item(${values})`);
      } catch (error) {
        throw (error as { code?: unknown }).code === LEASE_LOST ? new LeaseLostError(lease.id) : error;
      }
    },

    async completeAll(completions) {
      const values = completions.map(({ lease: { id, token }, result = null }) => ({ id, token, result }));
      const { rows } = await sql<{ id: string }>`
        UPDATE work_items AS item
        SET status = 'completed', lease_token = NULL, lease_expires_at = NULL, ended_at = clock_timestamp(),
          result = done.result
        FROM jsonb_to_recordset(${JSON.stringify(values)}::jsonb) AS done(id uuid, token uuid, result jsonb)
        WHERE item.id = done.id AND item.lease_token = done.token
        RETURNING item.id`.execute(db);
      return new Set(rows.map(({ id }) => id));
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
      await sql`
        UPDATE work_items
        SET status = 'pending',
          attempts = attempts - 1,
          lease_token = NULL,
          lease_expires_at = NULL,
          not_before = ${delayMs > 0 ? sql`greatest(not_before, ${inMs(delayMs)})` : sql`not_before`}
        WHERE ${isOneOf(leases)}`.execute(db);
    },
  };
}

function inMs(ms: number): RawBuilder<Date> {
  return sql<Date>`now() + make_interval(secs => ${ms / 1_000})`;
}

function isOneOf(leases: readonly Lease[]): RawBuilder<boolean> {
  return sql<boolean>`(id, lease_token) IN (SELECT * FROM unnest(
    ${leases.map(({ id }) => id)}::uuid[], ${leases.map(({ token }) => token)}::uuid[]))`;
}
