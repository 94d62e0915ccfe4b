import { randomUUID } from 'node:crypto';
import { sql, type Selectable } from 'kysely';
import type { Db } from '../../database/connect.ts';
import type { LibraryDatabase } from '../../database/schema.ts';
import { errorMessage } from '../../process/errors.ts';
import type { Broker, ConsumeOptions, Message, Outcome } from './broker.ts';
import { messageColumns, messageOf } from './message-columns.ts';

/** The length of a consumer's lease on a message. Each renewal adds the same time. */
const LEASE_MS = 30_000;
const RENEW_MS = LEASE_MS / 3;
/** The longest interval between two looks at an empty queue; a notification ends it. */
const POLL_MS = 10_000;
/** Wait if a due message is locked by another transaction, so that it is not polled in a busy loop. */
const SHORTEST_WAIT_MS = 50;
/** The longest wait while all credit is in use; the end of a message comes first. */
const SETTLE_CHECK_MS = 1_000;

type Row = Selectable<LibraryDatabase['queuedMessages']>;

/**
 * The queue for installations without a broker: rows of `queued_messages`, claimed with `SKIP LOCKED` and a lease, so that the messages of
 * a consumer that was killed become available again. Any number of consumers may share a queue.
 */
export function createPostgresBroker(db: Db): Broker {
  return {
    description: 'PostgreSQL (AMQP_URL is not set)',

    openPublisher: (queue) => {
      let last: Promise<unknown> = Promise.resolve();
      return Promise.resolve({
        // One after the other: on several connections, one could overtake another.
        publish: (message) => {
          const publishing = last.then(async () => {
            await db
              .insertInto('queuedMessages')
              .values({ queue, ...messageColumns(message) })
              .execute();
          });
          last = publishing.catch(() => undefined);
          return publishing;
        },
        isOpen: () => true,
        close: () => Promise.resolve(),
      });
    },

    async consume(queue, options) {
      const consumer = new Consumer(db, queue, options);
      await consumer.run();
    },
  };
}

/** One consumer of a queue. */
class Consumer {
  readonly #db: Db;
  readonly #queue: string;
  readonly #options: ConsumeOptions;
  /** Identifies this consumer in the rows that it holds. */
  readonly #lease = randomUUID();
  readonly #underWay = new Map<number, Promise<void>>();
  /** An error of the queue itself, outside the loop. */
  #failure: Error | undefined;

  constructor(db: Db, queue: string, options: ConsumeOptions) {
    this.#db = db;
    this.#queue = queue;
    this.#options = options;
  }

  async run(): Promise<void> {
    const { credit, onAttached, signal } = this.#options;
    const renewing = setInterval(() => void this.#renew(), RENEW_MS);
    try {
      let attached = false;
      while (!signal.aborted && this.#failure === undefined) {
        const free = credit - this.#underWay.size;
        const rows = free > 0 ? await this.#claim(free) : [];
        if (!attached) onAttached();
        attached = true;
        for (const row of rows) this.#start(row);
        // There may be more: they are claimed when one of these has ended.
        if (rows.length === free) await Promise.race([...this.#underWay.values(), tick(SETTLE_CHECK_MS)]);
        else await this.#options.wait(Math.min(POLL_MS, await this.#untilNext()));
      }
    } finally {
      await Promise.all(this.#underWay.values());
      clearInterval(renewing);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Claims the oldest messages that no consumer holds. One that is in progress here is left out, though its lease may have expired while this
   * process was frozen: it is renewed soon, and the lease would not distinguish the two attempts.
   */
  async #claim(limit: number): Promise<Row[]> {
    const { rows } = await sql<Row>`
      WITH next AS MATERIALIZED (
        SELECT id FROM queued_messages
        WHERE queue = ${this.#queue} AND status IN ('ready', 'leased') AND visible_at <= now()
          AND id <> ALL(${[...this.#underWay.keys()]}::bigint[])
        ORDER BY id LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      UPDATE queued_messages AS message
      SET status = 'leased', lease = ${this.#lease}, visible_at = ${inFuture(LEASE_MS)}
      FROM next WHERE message.id = next.id
      RETURNING message.*`.execute(this.#db);
    return rows.toSorted((a, b) => a.id - b.id);
  }

  /** Returns the milliseconds until the next message can be delivered. */
  async #untilNext(): Promise<number> {
    const row = await this.#db
      .selectFrom('queuedMessages')
      .select(
        sql<number | null>`(extract(epoch FROM min(visible_at) - clock_timestamp()) * 1000)::float8`.as('ms'),
      )
      .where('queue', '=', this.#queue)
      .where('status', 'in', ['ready', 'leased'])
      .executeTakeFirst();
    return row?.ms == null ? POLL_MS : Math.max(SHORTEST_WAIT_MS, row.ms);
  }

  #start(row: Row): void {
    const working = this.#work(messageOf(row), row.id)
      .catch((error: unknown) => this.#fail(error))
      .then(() => void this.#underWay.delete(row.id));
    this.#underWay.set(row.id, working);
  }

  async #work(message: Message, id: number): Promise<void> {
    const outcome = await this.#options.handle(message);
    await sql`
      UPDATE queued_messages SET ${settlement(outcome)}, lease = NULL
      WHERE id = ${id} AND lease = ${this.#lease}`.execute(this.#db);
    // Wakes the loop, which waits for the end of a lease that has ended now.
    if (outcome.kind === 'release') await sql`SELECT pg_notify('queued_messages', '')`.execute(this.#db);
  }

  /** Renews the leases of the messages in progress. If that fails, a lease may expire and its message is redelivered, as after a crash. */
  async #renew(): Promise<void> {
    const ids = [...this.#underWay.keys()];
    if (ids.length === 0) return;
    await this.#db
      .updateTable('queuedMessages')
      .set({ visibleAt: inFuture(LEASE_MS) })
      .where('id', 'in', ids)
      .where('lease', '=', this.#lease)
      .execute()
      .catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(errorMessage(error));
  }
}

function settlement(outcome: Outcome) {
  switch (outcome.kind) {
    case 'accept':
      return sql`status = 'accepted', settled_at = now()`;
    case 'reject':
      return sql`status = 'dead', settled_at = now(), dead_reason = ${`${outcome.code}: ${outcome.reason}`}`;
    case 'release':
      return sql`status = 'ready', visible_at = ${inFuture(outcome.afterMs)}`;
  }
}

const inFuture = (ms: number) => sql<Date>`clock_timestamp() + make_interval(secs => ${ms / 1000})`;

/** Returns a promise that resolves after some time, and does not keep the process alive. */
function tick(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
