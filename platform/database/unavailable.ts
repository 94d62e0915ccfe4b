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
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (connectionErrors.has(code) || /^(08|53|57P|57014$)/.test(code)))
    return true;
  // Messages whose code says too little: pg's own have none ("is not queryable" is that of the ROLLBACK after a connection
  // broke in a transaction), and the server's last one shares its code, 55000, with many errors of a query.
  return /timeout exceeded when trying to connect|Connection terminated|is not queryable|is not currently accepting connections/.test(
    error.message,
  );
}
