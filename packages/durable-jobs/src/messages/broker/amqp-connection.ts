import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TlsSettings } from '../../config/tls.ts';
import { Connection, ConnectionEvents, SessionEvents, type Session } from 'rhea-promise';
import { describeAmqpError } from './amqp-error.ts';

/** Options for connecting to a broker over AMQP 1.0. */
export interface AmqpSettings {
  /** `amqp[s]://[user:password@]host[:port][/virtual host]` */
  url: string;
  /** The authorities that are trusted, and the certificate of this client, with `amqps`. By default, those of the system, and none. */
  tls?: TlsSettings | undefined;
  /** A broker that is silent for this long counts as lost. */
  idleTimeoutMs: number;
}

/** Time limit for the broker's response to one step: opening, attaching, settling. */
const STEP_MS = 10_000;
/** Time limit of an orderly close; after it, the socket is destroyed. */
const CLOSE_MS = 3_000;

/** One connection with one session. It does not reconnect: its user creates another one. */
export class AmqpConnection {
  readonly session: Session;
  readonly #connection: Connection;
  readonly #socket: () => Socket | undefined;
  readonly #waiting = new Set<(error: Error) => void>();
  #loss: Error | undefined;

  /**
   * Connects.
   * @throws if the broker cannot be reached, or refuses the name and password.
   */
  static async open(settings: AmqpSettings, containerId: string): Promise<AmqpConnection> {
    let socket: Socket | undefined;
    const { host, port, tls, user, password, hostname } = parseAmqpUrl(settings.url);
    const connection = new Connection({
      host,
      port,
      // If the URL names no user, the broker's rules for anonymous clients apply.
      username: user ?? 'anonymous',
      ...(password !== undefined && { password }),
      ...(hostname !== undefined && { hostname }),
      container_id: containerId,
      // The broker is told half of it, so that one late heartbeat does not end the connection; rhea gives up after
      // twice the value that it told.
      idle_time_out: Math.ceil(settings.idleTimeoutMs / 2),
      reconnect: false,
      operationTimeoutInSeconds: STEP_MS / 1000,
      // Our own socket, so that a connection that hangs can be cut.
      connection_details: () => ({
        host,
        port,
        connect: (_port: number, _host: string, _options: unknown, connected: () => void) =>
          (socket = tls
            ? connectTls(
                { host, port, ...(isIP(host) === 0 && { servername: host }), ...settings.tls },
                connected,
              )
            : connectTcp({ host, port, noDelay: true }, connected)),
      }),
    });
    // Without a listener, rhea throws the errors that belong to no link.
    for (const event of Object.values(ConnectionEvents)) connection.on(event, () => undefined);
    try {
      await connection.open();
      const session = await connection.createSession();
      return new AmqpConnection(connection, session, () => socket);
    } catch (error) {
      socket?.destroy();
      throw new Error(`no connection to the broker: ${describeAmqpError(error)}`, { cause: error });
    }
  }

  private constructor(connection: Connection, session: Session, socket: () => Socket | undefined) {
    this.#connection = connection;
    this.#socket = socket;
    this.session = session;
    for (const event of lossEvents) {
      connection.on(event, (context) => this.lose(context.error ?? connection.error));
    }
    for (const event of [SessionEvents.sessionError, SessionEvents.sessionClose]) {
      session.on(event, (context) => this.lose(context.session?.error ?? session.error));
    }
  }

  get isOpen(): boolean {
    return this.#loss === undefined;
  }

  /** Marks the connection as lost, for the reason that a link received, and rejects what waits for the broker. */
  lose(reason: unknown): void {
    if (this.#loss) return;
    this.#loss = new Error(`the connection to the broker was lost: ${describeAmqpError(reason)}`);
    for (const reject of this.#waiting) reject(this.#loss);
    this.#waiting.clear();
  }

  /** Returns the same promise, which rejects as soon as the connection is lost: rhea's own would wait for its timeout. */
  whileOpen<T>(work: Promise<T>): Promise<T> {
    if (this.#loss) {
      work.catch(() => undefined);
      return Promise.reject(this.#loss);
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.add(reject);
      work
        .then(resolve, (error: unknown) =>
          reject(error instanceof Error ? error : new Error(describeAmqpError(error))),
        )
        .finally(() => this.#waiting.delete(reject));
    });
  }

  /** Closes the connection in an orderly way if the broker still responds. Never rejects. */
  async close(): Promise<void> {
    if (this.isOpen) {
      this.lose('the connection is being closed');
      let timer: NodeJS.Timeout | undefined;
      const timeUp = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
      await Promise.race([this.#connection.close().catch(() => undefined), timeUp]);
      clearTimeout(timer);
    }
    this.#socket()?.destroy();
  }
}

const lossEvents = [
  ConnectionEvents.connectionError,
  ConnectionEvents.connectionClose,
  ConnectionEvents.protocolError,
  ConnectionEvents.disconnected,
  ConnectionEvents.error,
];

/** Parses an `AMQP_URL`. Its path is a RabbitMQ virtual host, which RabbitMQ's AMQP 1.0 expects as the host name. */
export function parseAmqpUrl(url: string): {
  host: string;
  port: number;
  tls: boolean;
  user: string | undefined;
  password: string | undefined;
  hostname: string | undefined;
} {
  const parsed = new URL(url);
  const tls = parsed.protocol === 'amqps:';
  const virtualHost = decodeURIComponent(parsed.pathname.slice(1));
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(parsed.port) || (tls ? 5671 : 5672),
    tls,
    user: parsed.username === '' ? undefined : decodeURIComponent(parsed.username),
    password: parsed.password === '' ? undefined : decodeURIComponent(parsed.password),
    hostname: virtualHost === '' ? undefined : `vhost:${virtualHost}`,
  };
}
