/** An error as logs show it. */
interface LoggedError {
  type: string;
  message: string;
  stack?: string;
  code?: string | number;
  cause?: LoggedError;
}

/** Causes are followed so far; one that is its own would never end. */
const DEEPEST_CAUSE = 5;

/**
 * Makes of an error what may be logged: its kind, message, stack, code and causes. Drivers hang more on theirs, such as the
 * row that broke a constraint, or the request with its headers.
 */
export function serializeError(error: unknown): unknown {
  return toLogged(error, 0) ?? error;
}

function toLogged(error: unknown, depth: number): LoggedError | undefined {
  if (typeof error !== 'object' || error === null || depth > DEEPEST_CAUSE) return undefined;
  // Read one by one: an error that came out of the workflow sandbox, or through pino-http, is a plain object.
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
