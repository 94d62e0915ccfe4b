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

/**
 * SQLSTATE classes as in PostgreSQL's manual, appendix A: 08 connection exceptions, 53 insufficient resources, 57P shutdowns, 57014 a query that
 * was cancelled because it took too long.
 */
const sqlStates = /^(08|53|57P|57014$)/;

/**
 * Errors whose code is not specific enough: pg's own have none ("is not queryable" is the error of ROLLBACK after a connection broke in a
 * transaction), and the server's last one shares its code, 55000, with many errors of queries.
 */
const texts =
  /timeout exceeded when trying to connect|Connection terminated|is not queryable|is not currently accepting connections|does not support SSL connections/;

/** The errors of connections to the database, and of queries on them. */
const ofDatabase = new WeakSet<Error>();

/** Notes an error of a connection to the database, or of a query on it, because it may look like an error of another server. */
export function noteDatabaseError(error: unknown): void {
  if (error instanceof Error) ofDatabase.add(error);
}

/**
 * Whether a query failed because the database is unavailable, rather than because the query is wrong. Only an error that is
 * {@link noteDatabaseError noted} as the database's counts: code of an application also calls other servers, some of them with PostgreSQL. A
 * connection that its TLS does not permit is unavailable too, whichever side has to renew a certificate. A transaction that ended because a
 * table was changed meanwhile counts as well: nothing was done, and a repeat succeeds.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof DatabaseSilentError) return true;
  if (!ofDatabase.has(error)) return false;
  return looksUnavailable(error) || tlsErrors.test(codeOf(error)) || isOutdatedStatement(error);
}

/**
 * Like {@link isDatabaseUnavailable}, but also true for such an error of unknown origin. The caller must check whether the database is the reason.
 */
export function mayBeDatabaseOutage(error: unknown): boolean {
  return isDatabaseUnavailable(error) || (error instanceof Error && looksUnavailable(error));
}

function looksUnavailable(error: Error): boolean {
  const code = codeOf(error);
  return sqlStates.test(code) || connectionErrors.has(code) || texts.test(error.message);
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/**
 * Whether an error of code that also calls other servers, with clients of its own, shows that the database is away. `checkDatabase` resolves if
 * the database answers; it is called only if the error alone does not show that. A statement that took too long shows no outage by itself.
 */
export async function isDatabaseOutage(
  error: unknown,
  checkDatabase: () => Promise<unknown>,
): Promise<boolean> {
  if (isDatabaseAway(error)) return true;
  if (!mayBeDatabaseOutage(error)) return false;
  return checkDatabase().then(
    () => false,
    () => {
      // The next caller that gets the error comes to the same result, even if the database answers again by then.
      noteDatabaseError(error);
      return true;
    },
  );
}

/**
 * Whether work failed because of the database, and not because of itself: at an outage as in {@link isDatabaseOutage}, or because a statement took too
 * long.
 */
export async function failedByDatabase(
  error: unknown,
  checkDatabase: () => Promise<unknown>,
): Promise<boolean> {
  return isDatabaseUnavailable(error) || isDatabaseOutage(error, checkDatabase);
}

/**
 * Whether the database is unavailable, whatever the query. A statement that exceeded its time limit does not show that: the statement may
 * be slow itself, which counts against the work that ran it.
 */
export function isDatabaseAway(error: unknown): boolean {
  return isDatabaseUnavailable(error) && codeOf(error as Error) !== '57014';
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
