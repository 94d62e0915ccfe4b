/** Returns the message of anything that was thrown; for an error that stands for several, the messages of all. */
export function errorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message === '' && error instanceof AggregateError)
    return error.errors.map(errorMessage).join('; ');
  return error.message;
}

/**
 * Returns the value.
 * @throws if it is absent, which the program's own logic rules out.
 */
export function required<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Error(`${what} is missing`);
  return value;
}

/** Returns an error and its causes, the outermost first; nothing of what is no error. */
export function* causesOf(error: unknown): Generator<Error, void> {
  for (let current = error; current instanceof Error; current = current.cause) yield current;
}
