import type { PoolShare } from './bounds.ts';
import { withinTime } from '../process/within-time.ts';

/** Node's error codes of a connection that could not be opened or broke. */
const connectionErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ECONNABORTED',
]);

/** Node's codes of a server's certificate that is not accepted, and OpenSSL's of a failed handshake. */
const tlsErrors =
  /^(CERT_|CRL_|ERR_TLS_|ERR_SSL_|EPROTO$|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$)/;

/** The errors of connections to the database that could not be opened. */
const failedConnections = new WeakSet<Error>();

/** Notes the error of a connection to the database that could not be opened, which may be like that of any other server. */
export function noteFailedConnection(error: unknown): void {
  if (error instanceof Error) failedConnections.add(error);
}

/**
 * Whether a query failed because the database is unavailable, rather than because the query is wrong. SQLSTATE classes as in PostgreSQL's
 * manual, appendix A: 08 connection exceptions, 53 insufficient resources, 57P shutdowns, 57014 a query that was cancelled because it took
 * too long. A connection to the database that its TLS does not permit is unavailable too, whichever side has to renew a certificate; one to any
 * other server is not.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof DatabaseSilentError) return true;
  const { code } = error as { code?: unknown };
  if (
    typeof code === 'string' &&
    (connectionErrors.has(code) ||
      /^(08|53|57P|57014$)/.test(code) ||
      (tlsErrors.test(code) && failedConnections.has(error)))
  )
    return true;
  // Errors whose code is not specific enough: pg's own have none ("is not queryable" is the error of ROLLBACK after a connection broke in a
  // transaction), and the server's last one shares its code, 55000, with many errors of queries.
  return /timeout exceeded when trying to connect|Connection terminated|is not queryable|is not currently accepting connections|does not support SSL connections/.test(
    error.message,
  );
}

/**
 * Whether the database is unavailable, whatever the query. A statement that exceeded its time limit does not show that: the statement may
 * be slow itself, which counts against the work that ran it.
 */
export function isDatabaseAway(error: unknown): boolean {
  return isDatabaseUnavailable(error) && (error as { code?: unknown }).code !== '57014';
}

/** Thrown if the database accepted a connection and did not respond, for example because a network drops packets. */
class DatabaseSilentError extends Error {
  override readonly name = 'DatabaseSilentError';
}

/** Less than the 30 s after which an attempt at a database step times out, which would count as a failure of the step. */
const ANSWER_MS = 25_000;

/**
 * Runs queries, and abandons them if the database does not respond at all, because its own time limits do not help then. Abandoned queries
 * may still commit, so they must be safe to repeat.
 */
export function whileDatabaseAnswers<T>(queries: () => Promise<T>, share?: PoolShare): Promise<T> {
  const timeUp = (): Error => new DatabaseSilentError('the database does not respond');
  return withinTime(ANSWER_MS, queries, timeUp, share);
}
