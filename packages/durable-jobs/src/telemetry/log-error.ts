/** An error as it is logged. */
interface LoggedError {
  type: string;
  message: string;
  stack?: string;
  code?: string | number;
  cause?: LoggedError;
}

/** Maximum number of causes; an error that is its own cause would never end. */
const DEEPEST_CAUSE = 5;

/**
 * Returns what may be logged of an error: its kind, message, stack, code and causes. Drivers add more to their errors, such as the row that
 * violates a constraint, or the request with its headers.
 */
export function serializeError(error: unknown): unknown {
  return toLogged(error, 0) ?? error;
}

function toLogged(error: unknown, depth: number): LoggedError | undefined {
  if (typeof error !== 'object' || error === null || depth > DEEPEST_CAUSE) return undefined;
  // Field by field: an error from the workflow sandbox, or through pino-http, is a plain object.
  const { name, type, message, stack, code, cause } = error as Record<string, unknown>;
  if (typeof message !== 'string') return undefined;
  const inner = toLogged(cause, depth + 1);
  return {
    type: [type, name].find((value) => typeof value === 'string' && value !== '')?.toString() ?? 'Error',
    message,
    ...(typeof stack === 'string' && { stack }),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(inner && { cause: inner }),
  };
}
