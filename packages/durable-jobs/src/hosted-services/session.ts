import { once } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { OwnClient } from '../database/own-client.ts';
import { connectionTo, type DatabaseServer } from '../database/server.ts';
import { SERVICE_CHANNEL } from './channel.ts';
import { SERVICE_LOCK } from './lock.ts';

/**
 * Time after which the database ends the session of a silent process, so that a frozen or disconnected process loses its lock, and another
 * worker takes the service over.
 */
const IDLE_SESSION_MS = 12_000;

/** After two silent intervals, the process gives up the session, before the database does. */
const PING_MS = IDLE_SESSION_MS / 3;

/** Time that a closing connection has for an orderly end. */
const GOODBYE_MS = 1_000;

/**
 * The database session of one run of a service. It holds the lock that makes the run the only one, and receives the service's
 * notifications. Both end with the connection, which is never replaced: a run that loses its session ends.
 */
export class ServiceSession {
  /** Aborts when the lock is, or may be, lost. */
  readonly lost: AbortSignal;
  readonly #lost = new AbortController();
  readonly #serviceId: string;
  readonly #client: pg.Client;
  readonly #socket: Socket;
  #pings: NodeJS.Timeout | undefined;
  #closing = false;

  private constructor(database: DatabaseServer, serviceId: string) {
    this.lost = this.#lost.signal;
    this.#serviceId = serviceId;
    this.#socket = new Socket();
    this.#client = new OwnClient({
      ...connectionTo(database),
      application_name: `durable-jobs-service-${serviceId}`,
      connectionTimeoutMillis: 5_000,
      query_timeout: PING_MS,
      // Our own socket, so that a connection whose other end is silent can be dropped.
      stream: () => this.#socket,
    });
    this.#client.on('error', (error) => this.#lose(error));
    this.#client.on('end', () => this.#lose(new Error('the connection ended')));
  }

  /**
   * Connects, and listens on `channel`. `notified` is called at each notification, and `changed` when an operator has paused, resumed or
   * renewed the service.
   * @throws if the database is unavailable.
   */
  static async open(
    database: DatabaseServer,
    options: { serviceId: string; channel: string; notified: () => void; changed: () => void },
  ): Promise<ServiceSession> {
    const session = new ServiceSession(database, options.serviceId);
    const client = session.#client;
    try {
      await client.connect();
      client.on('notification', ({ channel, payload }) => {
        if (channel === options.channel) options.notified();
        else if (payload === options.serviceId) options.changed();
      });
      await client.query(`SET idle_session_timeout = ${IDLE_SESSION_MS}`);
      await client.query(`LISTEN ${client.escapeIdentifier(options.channel)}; LISTEN ${SERVICE_CHANNEL}`);
    } catch (error) {
      await session.close();
      throw error;
    }
    session.#pings = setInterval(() => void session.#ping(), PING_MS);
    return session;
  }

  /** Acquires the lock, unless another session holds it. It is held until the session ends. */
  async tryLock(): Promise<boolean> {
    const { rows } = await this.#client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock($1, hashtext($2)) AS locked',
      [SERVICE_LOCK, this.#serviceId],
    );
    return rows[0]?.locked === true;
  }

  /** Ends the session, and the lock with it. Never rejects. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#pings);
    const goodbye = new AbortController();
    await Promise.race([
      this.#client.end().catch(() => undefined),
      delay(GOODBYE_MS, undefined, { signal: goodbye.signal }).catch(() => undefined),
    ]);
    goodbye.abort();
    if (this.#socket.destroyed) return;
    this.#socket.destroy();
    await once(this.#socket, 'close').catch(() => undefined);
  }

  async #ping(): Promise<void> {
    try {
      await this.#client.query('SELECT 1');
    } catch (error) {
      this.#lose(error);
    }
  }

  #lose(error: unknown): void {
    if (this.#closing) return;
    clearInterval(this.#pings);
    this.#lost.abort(error);
  }
}
