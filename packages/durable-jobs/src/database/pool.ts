import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { currentBounds, currentShare } from './bounds.ts';
import { refuseInTransaction } from './in-transaction.ts';
import { noteDatabaseError } from './unavailable.ts';
import { forgetStatement, isOutdatedStatement, isPreparing, statementName } from './prepared.ts';

/** The error if all connections that bounded work may use are taken; its text is pg-pool's own. */
function busy(): Error {
  const error = new Error('timeout exceeded when trying to connect');
  noteDatabaseError(error);
  return error;
}

/**
 * A pool that knows which work may be abandoned, see {@link withBounds}. Such work uses at most half of the connections, unless it
 * has another share. If it is abandoned, its connection is closed, which cancels its query.
 */
export class BoundedPool implements PostgresPool {
  readonly #pool: pg.Pool;
  readonly #waitMs: number;
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(pool: pg.Pool, { size, waitMs }: { size: number; waitMs: number }) {
    this.#pool = pool;
    this.#waitMs = waitMs;
    this.#free = Math.max(1, Math.floor(size / 2));
  }

  async connect(): Promise<PostgresPoolClient> {
    refuseInTransaction('a second database connection was taken');
    const signal = currentBounds();
    if (!signal) return asClient(await this.#pool.connect());
    const givePlace = currentShare() === 'half' ? await this.#takePlace(signal) : () => undefined;
    const connecting = this.#pool.connect();
    try {
      return this.#bind(await untilAborted(connecting, signal), signal, givePlace);
    } catch (error) {
      // The connection still arrives, but is no longer awaited.
      void connecting.then(
        (client) => client.release(),
        () => undefined,
      );
      givePlace();
      throw error;
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  #bind(client: pg.PoolClient, signal: AbortSignal, givePlace: () => void): PostgresPoolClient {
    let released = false;
    const release = (broken: boolean): void => {
      if (released) return;
      released = true;
      signal.removeEventListener('abort', abandon);
      client.release(broken);
      givePlace();
    };
    const abandon = (): void => release(true);
    signal.addEventListener('abort', abandon);
    return { ...asClient(client), release: () => release(false) };
  }

  /** Takes one of the places of bounded work. Returns the function that gives it back. */
  async #takePlace(signal: AbortSignal): Promise<() => void> {
    const givePlace = (): void => this.#givePlace();
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return givePlace;
    }
    let take = (): void => undefined;
    let timer: NodeJS.Timeout | undefined;
    const place = new Promise<void>((resolve, reject) => {
      take = resolve;
      timer = setTimeout(() => reject(busy()), this.#waitMs);
    });
    this.#waiting.add(take);
    try {
      await untilAborted(place, signal);
      return givePlace;
    } catch (error) {
      // It may have received the slot at the same moment.
      if (!this.#waiting.delete(take)) this.#givePlace();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #givePlace(): void {
    const [next] = this.#waiting;
    if (next) {
      this.#waiting.delete(next);
      next();
    } else this.#free++;
  }
}

/** The part of a client that Kysely uses, separate from the object that pg-pool hands out repeatedly. */
function asClient(client: pg.PoolClient): PostgresPoolClient {
  return {
    query: isPreparing() ? preparingQuery(client) : client.query.bind(client),
    release: () => client.release(),
  };
}

/**
 * Time after which a connection forgets its plans, in milliseconds. The server keeps the plan of a prepared statement until it counts the table
 * again: that of a table that was empty reads the whole table, however long it has become.
 */
const PLANS_MS = 60_000;

/** When connections last forgot their plans, by this process's monotonic clock. */
const plannedAt = new WeakMap<pg.PoolClient, number>();

/** Returns the query function of a client whose repeated statements are prepared. */
function preparingQuery(client: pg.PoolClient): PostgresPoolClient['query'] {
  const query = async (text: string, values: unknown[]): Promise<unknown> => {
    const name = values.length === 0 ? undefined : statementName(text);
    if (name === undefined) return client.query(text, values);
    await forgetOldPlans(client);
    try {
      return await client.query({ name, text, values });
    } catch (error) {
      if (!isOutdatedStatement(error)) throw error;
      forgetStatement(text);
      // A transaction has ended with it, and has to be run again as a whole.
      if (client.getTransactionStatus() !== 'I') throw error;
      return client.query(text, values);
    }
  };
  return query as PostgresPoolClient['query'];
}

async function forgetOldPlans(client: pg.PoolClient): Promise<void> {
  const now = performance.now();
  const since = plannedAt.get(client);
  if (since !== undefined && now - since < PLANS_MS) return;
  plannedAt.set(client, now);
  if (since !== undefined) await client.query('DISCARD PLANS');
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('the work was aborted'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
