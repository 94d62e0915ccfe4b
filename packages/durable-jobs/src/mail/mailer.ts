import { E_TIMEOUT, Semaphore, withTimeout } from 'async-mutex';
import { createTransport } from 'nodemailer';
import type { TlsSettings } from '../config/tls.ts';
import { refuseInTransaction } from '../database/in-transaction.ts';
import { inSpan } from '../telemetry/tracing.ts';

/** One email, ready to go. */
export interface OutgoingEmail {
  to: string;
  subject: string;
  text?: string;
  html: string;
  /** Without angle brackets. The same for every attempt: receivers that see it twice can tell that it is one email. */
  messageId: string;
  attachments?: readonly EmailAttachment[];
}

/** A file that goes with an email. */
export interface EmailAttachment {
  filename: string;
  content: string;
  /** Such as `text/csv; charset=utf-8`. */
  contentType: string;
}

/**
 * Sends emails through the SMTP server. An application may have a mailer of its own, such as one that calls a provider's API: it needs
 * `send`, `check` and `close`.
 */
export interface Mailer {
  /**
   * Resolves once the server has taken responsibility for the email. Emails that are sent once per key are leased before it is called, and it
   * must then end within 30 s: until then, no other attempt sends the same email.
   * @throws {MailError} that says whether a retry may succeed.
   */
  send: ((email: OutgoingEmail) => Promise<void>) & {
    /**
     * Waits for a free connection and calls `use`, which may send one email with the function that it gets. If `send` has this function,
     * emails that are sent once per key are leased in `use` instead, so that the lease does not include the wait, and `send` itself is not
     * called. It belongs to `send`, so that a mailer with the `send` of another in a function of its own does not have it.
     * @throws {MailError} if no connection becomes free; what `use` throws.
     */
    withConnection?: (use: (send: (email: OutgoingEmail) => Promise<void>) => Promise<void>) => Promise<void>;
  };
  /**
   * Resolves if the mail server takes a connection of ours, and the login.
   * @throws if it does not.
   */
  check: () => Promise<void>;
  close: () => void;
}

/** The cause of a failure; `unknown` if a connection broke, which the email itself may have caused. */
export type MailFault = 'email' | 'server' | 'unknown';

/** Why an email could not be handed over. `permanent`: the server refused this email and will again. */
export class MailError extends Error {
  override readonly name = 'MailError';
  readonly permanent: boolean;
  readonly fault: MailFault;
  constructor(message: string, permanent: boolean, cause: unknown, fault: MailFault = 'unknown') {
    super(message, { cause });
    this.permanent = permanent;
    this.fault = fault;
  }
}

/** Limits of one process's use of the mail server. */
interface MailLimits {
  connections: number;
  /**
   * How long an email waits for a free connection. With the time-outs below it stays within the minute that an attempt of a mail activity
   * may take: an email that waited on would be sent after its attempt was abandoned, and again by the next.
   */
  freeConnectionMs: number;
}

/** Connections to the mail server that one process opens at most: more would only wait for each other at most servers. */
export const SMTP_CONNECTIONS = 4;

const defaultLimits: MailLimits = { connections: SMTP_CONNECTIONS, freeConnectionMs: 15_000 };

const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

/**
 * Creates a mailer with a pool of connections to `smtpUrl` (`smtp://user:password@host:port`, `smtps://…`). With `tls`, nothing is sent in
 * clear: with `smtp`, the server must offer STARTTLS.
 */
export function createMailer(
  options: { smtpUrl: string; from: string; tls?: TlsSettings | undefined },
  limits: MailLimits = defaultLimits,
): Mailer {
  const transport = createTransport({
    url: options.smtpUrl,
    ...(options.tls && { tls: options.tls, requireTLS: true }),
    pool: true,
    maxConnections: limits.connections,
    // For a connection that the server closed while it was idle. More attempts are planned by those who see them fail.
    maxRequeues: 1,
    ...timeouts,
  });
  const { hostname, port } = new URL(options.smtpUrl);
  const server = {
    'network.protocol.name': 'smtp',
    'server.address': hostname,
    'server.port': Number(port || 25),
  };
  const connections = withTimeout(new Semaphore(limits.connections), limits.freeConnectionMs);
  const handOver = async ({ attachments = [], messageId, ...rest }: OutgoingEmail): Promise<void> => {
    await transport
      .sendMail({
        from: options.from,
        ...rest,
        messageId: `<${messageId}>`,
        attachments: [...attachments],
      })
      .catch((error: unknown) => {
        throw toMailError(error);
      });
  };
  const withConnection: Required<Mailer['send']>['withConnection'] = async (use) => {
    refuseInTransaction('the mail server was called');
    await inSpan('SMTP send', { kind: 'client', attributes: server }, () =>
      connections.runExclusive(() => use(handOver)),
    ).catch((error: unknown) => {
      throw error === E_TIMEOUT ? toMailError(error) : error;
    });
  };
  return {
    send: Object.assign((email: OutgoingEmail) => withConnection((send) => send(email)), { withConnection }),
    async check() {
      refuseInTransaction('the mail server was called');
      try {
        await transport.verify();
      } catch (error) {
        throw toMailError(error);
      }
    },
    close: () => transport.close(),
  };
}

function toMailError(error: unknown): MailError {
  if (error === E_TIMEOUT) {
    return new MailError('all connections to the mail server are busy', false, error, 'server');
  }
  const { code, responseCode } = error as { code?: string; responseCode?: number };
  // What the server answers about the envelope or the content, and not about the connection, TLS or the login: these are ours to mend by
  // configuration, or the server's, and then the emails must still be there, so they are retried.
  const isAboutEmail = /^E(ENVELOPE|MESSAGE)$/.test(code ?? '');
  // RFC 5321, 4.2.1: 5xx is permanent.
  const permanent = isAboutEmail && responseCode !== undefined && responseCode >= 500;
  // The server's own words may repeat the address, and this message ends in a history: only the codes continue.
  const message = `the mail server ${permanent ? 'refused the email' : 'could not accept the email'} (${[code, responseCode].filter(Boolean).join(' ') || 'unknown error'})`;
  // With 421, it speaks of itself (RFC 5321, 4.2.2).
  const ofEmail = isAboutEmail && responseCode !== undefined && responseCode !== 421;
  return new MailError(message, permanent, error, ofEmail ? 'email' : 'unknown');
}

/** The mailer of a process without a mail server: emails wait until one is configured. */
export const noMailer: Mailer = {
  send: () => Promise.reject(noMailServer()),
  check: () => Promise.reject(noMailServer()),
  close: () => undefined,
};

function noMailServer(): MailError {
  return new MailError('no mail server is configured: SMTP_URL is not set', false, undefined, 'server');
}
