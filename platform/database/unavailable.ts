/** Node's errors of a connection that could not be made or broke. */
const connectionErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * Whether an error of a query means that the database is away, rather than that the query is wrong. SQLSTATE classes as
 * in PostgreSQL's manual, appendix A: 08 connection exceptions, 53 insufficient resources, 57P shutdowns.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (connectionErrors.has(code) || /^(08|53|57P)/.test(code))) return true;
  return /timeout exceeded when trying to connect|Connection terminated/.test(error.message);
}
