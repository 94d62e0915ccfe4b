import type { ActivityInterceptors } from '@temporalio/worker';

/** Limits of what a failure may contain. The engine refuses a large failure, and every reader of the job receives it. */
const MOST_MESSAGE = 4_000;
const MOST_STACK = 16_000;
const MOST_NAME = 200;

/** Maximum number of causes; an error that is its own cause would never end. */
const DEEPEST_CAUSE = 5;

/**
 * Bounds what activities throw before it is stored. An error that the SDK cannot encode, because it contains half a surrogate pair or is
 * its own cause, would end the worker.
 */
export function boundFailures(): ActivityInterceptors {
  return {
    inbound: {
      async execute(input, next) {
        try {
          return await next(input);
        } catch (error) {
          throw boundError(error);
        }
      },
    },
  };
}

/**
 * Shortens the texts of an error and of its causes in place, so that it keeps its class, and ends the chain of causes where it is too long
 * or circular. Returns a new error in place of one that cannot be changed.
 */
export function boundError(error: unknown): unknown {
  if (typeof error === 'string') return boundText(error, MOST_MESSAGE);
  try {
    const seen = new Set<unknown>();
    for (let one = error; one instanceof Error; one = one.cause) {
      seen.add(one);
      boundTexts(one);
      if (seen.has(one.cause) || seen.size > DEEPEST_CAUSE) one.cause = undefined;
    }
    return error;
  } catch {
    return new Error(boundText(error instanceof Error ? error.message : String(error), MOST_MESSAGE));
  }
}

function boundTexts(error: Error & { type?: unknown }): void {
  error.message = boundText(error.message, MOST_MESSAGE);
  if (error.stack !== undefined) error.stack = boundText(error.stack, MOST_STACK);
  const name = boundText(error.name, MOST_NAME);
  if (name !== error.name) error.name = name;
  if (typeof error.type === 'string') {
    const type = boundText(error.type, MOST_NAME);
    if (type !== error.type) error.type = type;
  }
}

/** Returns a text that every store accepts: well-formed, without NUL, and at most `most` characters long. */
function boundText(text: string, most: number): string {
  const shortened = text.length > most ? `${text.slice(0, most)}…` : text;
  return shortened.replaceAll('\0', '').toWellFormed();
}
