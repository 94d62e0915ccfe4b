/**
 * SQLSTATEs of class 22, data exceptions, that a value from outside leads to: too long, out of range, no time, no text of the
 * encoding, no value of the type. Others of the class, such as a division by zero, are faults of a query.
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

/** Whether an error of a query means that the database cannot hold a value that the query was given. */
export function isRefusedValue(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && refusedValues.has(code);
}
