/**
 * SQLSTATEs of class 22 (data exceptions) that a value from outside can cause: too long, out of range, an invalid time, text in another
 * encoding, or not a value of the type. Others of the class, such as a division by zero, are errors of the query.
 */
const refusedValues: ReadonlySet<string> = new Set([
  '22001',
  '22003',
  '22007',
  '22008',
  '22009',
  '22021',
  '22P02',
  '22P03',
  '22P05',
]);

/** Whether a query failed because the database cannot store a value that was passed to it. */
export function isRefusedValue(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && refusedValues.has(code);
}
