import { withinTime } from '../process/within-time.ts';

/** Node's errors of a connection that could not be made or broke. */
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

/**
 * Whether an error of a query means that the database is away, rather than that the query is wrong. SQLSTATE classes as
 * in PostgreSQL's manual, appendix A: 08 connection exceptions, 53 insufficient resources, 57P shutdowns, 57014 a query
 * that was cancelled because it took too long.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof DatabaseSilentError) return true;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (connectionErrors.has(code) || /^(08|53|57P|57014$)/.test(code)))
    return true;
  // Messages whose code says too little: pg's own have none ("is not queryable" is that of the ROLLBACK after a connection
  // broke in a transaction), and the server's last one shares its code, 55000, with many errors of a query.
  return /timeout exceeded when trying to connect|Connection terminated|is not queryable|is not currently accepting connections/.test(
    error.message,
  );
}

/**
 * Whether the database is away, whatever the query. A statement that exceeded its time limit is no sign of that: it may be slow by
 * itself, which then counts against the work that ran it.
 */
export function isDatabaseAway(error: unknown): boolean {
  return isDatabaseUnavailable(error) && (error as { code?: unknown }).code !== '57014';
}

/** The database took a connection and did not answer, as where a network drops packets. */
class DatabaseSilentError extends Error {
  override readonly name = 'DatabaseSilentError';
}

/** Less than the 30 s after which an attempt at a step of the database times out, which would count as a failure of the step. */
const ANSWER_MS = 25_000;

/**
 * Runs queries, and gives them up where the database does not answer at all: its own time limits say nothing then. What is
 * given up may still commit, so it must be safe to repeat.
 */
export function whileDatabaseAnswers<T>(queries: () => Promise<T>): Promise<T> {
  return withinTime(ANSWER_MS, queries, () => new DatabaseSilentError('the database does not answer'));
}
