import { failureTypes } from '../../engine/failure-types.ts';
import { PermanentError } from './errors.ts';

/** The engine keeps values of 2 MiB at most, and an encrypted one is longer. */
const MOST_RESULT_BYTES = 1_048_576;

/** It is sent with every heartbeat, and shown to people. */
const MOST_PROGRESS_BYTES = 16_384;

const codes = {
  Result: { notJson: failureTypes.resultNotJson, tooLarge: failureTypes.resultTooLarge },
  Progress: { notJson: failureTypes.progressNotJson, tooLarge: failureTypes.progressTooLarge },
};

/**
 * Checks what a job's function returned.
 * @throws {PermanentError} `ResultNotJson` or `ResultTooLarge`: another attempt would return the same.
 */
export function checkResult(result: unknown): unknown {
  return check(result, 'Result', MOST_RESULT_BYTES);
}

/**
 * Checks what a job's function reports of its progress.
 * @throws {PermanentError} `ProgressNotJson` or `ProgressTooLarge`.
 */
export function checkProgress(progress: unknown): unknown {
  return check(progress, 'Progress', MOST_PROGRESS_BYTES);
}

function check(value: unknown, what: 'Result' | 'Progress', mostBytes: number): unknown {
  const bytes = Buffer.byteLength(asJson(value, what));
  if (bytes <= mostBytes) return value;
  throw new PermanentError(
    `The ${what.toLowerCase()} must be at most ${mostBytes} bytes of JSON; it has ${bytes}.`,
    { code: codes[what].tooLarge },
  );
}

function asJson(value: unknown, what: 'Result' | 'Progress'): string {
  try {
    const json: unknown = JSON.stringify(value);
    if (typeof json === 'string') return json;
    // The engine stores nothing for undefined, and cannot store a function or a symbol.
    if (value === undefined) return '';
    throw new TypeError(`it is a ${typeof value}`);
  } catch (error) {
    throw new PermanentError(`The ${what.toLowerCase()} must be JSON: ${(error as Error).message}`, {
      code: codes[what].notJson,
    });
  }
}
