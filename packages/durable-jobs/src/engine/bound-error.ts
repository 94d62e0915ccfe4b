import {
  ApplicationFailure,
  CancelledFailure,
  defaultFailureConverter,
  defaultPayloadConverter,
  type Duration,
} from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time.js';

/** Limits of what a failure may contain. The engine refuses a large failure, and every reader of the job receives it. */
const MOST_MESSAGE = 4_000;
const MOST_STACK = 16_000;
const MOST_NAME = 200;
const MOST_DETAILS_BYTES = 100_000;

/** Maximum number of causes; an error that is its own cause would never end. */
const DEEPEST_CAUSE = 5;

/** What an error may have beside its texts. */
interface Extras {
  type?: unknown;
  details?: unknown;
  nextRetryDelay?: unknown;
}

/**
 * Makes storable whatever user code has thrown. Shortens the texts of an error and of its causes in place, so that it keeps its class, ends
 * the chain of causes where it is too long or circular, and drops details that are too large or not JSON. Returns a new error in place of
 * one that cannot be changed, and of a value that is no error. Workflow code may call it: the result depends on its argument alone.
 */
export function boundError(thrown: unknown): Error {
  try {
    const error = thrown instanceof Error ? thrown : new Error(boundText(textOf(thrown), MOST_MESSAGE));
    const seen = new Set<unknown>();
    for (let one: unknown = error; one instanceof Error; one = one.cause) {
      seen.add(one);
      boundTexts(one);
      boundExtras(one);
      if (one.cause === undefined) break;
      if (seen.has(one.cause) || seen.size > DEEPEST_CAUSE) one.cause = undefined;
      else if (!(one.cause instanceof Error)) one.cause = boundError(one.cause);
    }
    // Whatever else the SDK cannot encode would end the worker.
    defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
    return error;
  } catch {
    return replacement(thrown);
  }
}

function boundTexts(error: Error): void {
  set(error, 'message', boundText(error.message, MOST_MESSAGE));
  if (error.stack !== undefined) set(error, 'stack', boundText(error.stack, MOST_STACK));
  set(error, 'name', boundText(error.name, MOST_NAME));
}

function boundExtras(failure: Error): void {
  if (!(failure instanceof ApplicationFailure) && !(failure instanceof CancelledFailure)) return;
  const error: Error & Extras = failure;
  if (error.type != null) set(error, 'type', boundText(error.type, MOST_NAME));
  if (!succeeds(() => sizeOf(error.details) <= MOST_DETAILS_BYTES)) set(error, 'details', []);
  if (!succeeds(() => isDelay(error.nextRetryDelay))) set(error, 'nextRetryDelay', undefined);
}

/** The size of encoded details in bytes. @throws if one cannot be encoded. */
function sizeOf(details: unknown): number {
  if (details == null) return 0;
  return (details as unknown[])
    .map((detail) => defaultPayloadConverter.toPayload(detail).data?.length ?? 0)
    .reduce((sum, bytes) => sum + bytes, 0);
}

function isDelay(delay: unknown): boolean {
  if (delay == null) return true;
  const ms = msToNumber(delay as Duration);
  return Number.isFinite(ms) && ms >= 0;
}

function succeeds(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

/** Sets what differs: an error may be frozen, and may be as it has to be. */
function set(error: Error & Extras, name: keyof (Error & Extras), value: unknown): void {
  if (error[name] !== value) Object.assign(error, { [name]: value });
}

/** An error of the same kind with the message alone. */
function replacement(thrown: unknown): Error {
  const message = boundText(textOf(thrown), MOST_MESSAGE);
  if (thrown instanceof CancelledFailure) return new CancelledFailure(message);
  if (!(thrown instanceof ApplicationFailure)) return new Error(message);
  const { type, nonRetryable } = thrown;
  return ApplicationFailure.create({
    message,
    ...(type != null && { type: boundText(type, MOST_NAME) }),
    nonRetryable: nonRetryable === true,
  });
}

/** Returns the text of anything that was thrown. Never throws. */
function textOf(thrown: unknown): string {
  try {
    if (typeof thrown === 'object' && thrown !== null) {
      if ('message' in thrown) return String(thrown.message);
      return JSON.stringify(thrown);
    }
    return String(thrown);
  } catch {
    return 'what was thrown has no readable message';
  }
}

/** Returns a text that every store accepts: well-formed, without NUL, and at most `most` characters long. */
function boundText(value: unknown, most: number): string {
  const text = String(value);
  const shortened = text.length > most ? `${text.slice(0, most)}…` : text;
  return shortened.replaceAll('\0', '').toWellFormed();
}
