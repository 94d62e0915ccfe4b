import type { PoolShare } from './bounds.ts';
import { withinTime } from '../process/within-time.ts';
import { isOutdatedStatement } from './prepared.ts';

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

/** The errors of connections to the database. */
const ofDatabase = new WeakSet<Error>();

/** Notes the error of a connection to the database that could not be opened, or broke: it may be like that of any other server. */
export function noteDatabaseError(error: unknown): void {
  if (error instanceof Error) ofDatabase.add(error);
}

/**
 * Whether a query failed because the database is unavailable, rather than because the query is wrong. SQLSTATE classes as in PostgreSQL's
 * manual, appendix A: 08 connection exceptions, 53 insufficient resources, 57P shutdowns, 57014 a query that was cancelled because it took
 * too long. A connection to the database that its TLS does not permit is unavailable too, whichever side has to renew a certificate. An error
 * that any server's connection may have counts only if it is {@link noteDatabaseError noted} as the database's: code of an application also
 * calls other servers. A transaction that ended because a table was changed meanwhile counts too: nothing was done, and a repeat succeeds.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof DatabaseSilentError || isOutdatedStatement(error)) return true;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') {
    if (/^(08|53|57P|57014$)/.test(code)) return true;
    if (ofDatabase.has(error) && (connectionErrors.has(code) || tlsErrors.test(code))) return true;
  }
  // Errors whose code is not specific enough: pg's own have none ("is not queryable" is the error of ROLLBACK after a connection broke in a
  // transaction), and the server's last one shares its code, 55000, with many errors of queries.
  return /timeout exceeded when trying to connect|Connection terminated|is not queryable|is not currently accepting connections|does not support SSL connections/.test(
    error.message,
  );
}

/**
 * Like {@link isDatabaseUnavailable}, and true as well for a connection of unknown origin that could not be opened, or broke. Whether the database
 * is the reason is to be checked.
 */
export function mayBeDatabaseOutage(error: unknown): boolean {
  if (isDatabaseUnavailable(error)) return true;
  const { code } = error instanceof Error ? (error as { code?: unknown }) : {};
  return typeof code === 'string' && connectionErrors.has(code);
}

/**
 * Whether an error of code that also calls other servers, with clients of its own, shows that the database is unavailable. `checkDatabase` resolves
 * if it answers.
 */
export async function isDatabaseOutage(
  error: unknown,
  checkDatabase: () => Promise<unknown>,
): Promise<boolean> {
  if (!mayBeDatabaseOutage(error)) return false;
  return checkDatabase().then(
    () => false,
    () => true,
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
