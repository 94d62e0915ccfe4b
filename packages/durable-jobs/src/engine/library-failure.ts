import { ApplicationFailure, type ApplicationFailureOptions } from '@temporalio/common';
import { recognizedTypes, type failureTypes } from './failure-types.ts';

/** Marks a failure within its process; the engine does not store it. */
const ofLibrary = Symbol('created by the library');

/** Creates a failure of a type by which the library recognizes its own. */
export function libraryFailure(
  options: ApplicationFailureOptions & { type: (typeof failureTypes)[keyof typeof failureTypes] },
): ApplicationFailure {
  return Object.assign(ApplicationFailure.create(options), { [ofLibrary]: true });
}

/** Whether {@link libraryFailure} created an error, in this process. */
export function isLibraryFailure(error: unknown): error is ApplicationFailure {
  return error instanceof ApplicationFailure && ofLibrary in error;
}

/**
 * Returns what an activity threw, so that its type does not claim that the library threw it. An application's error named
 * `DatabaseUnavailable` becomes a failure of the type `Application.DatabaseUnavailable`, which counts as an attempt like any other.
 */
export function withoutLibraryType(error: Error): Error {
  if (isLibraryFailure(error)) return error;
  // The SDK stores an error that is no failure yet under the name of its class.
  const types = error instanceof ApplicationFailure ? [error.type] : [error.name, error.constructor.name];
  const taken = types.find((type) => recognizedTypes.has(type ?? ''));
  if (taken == null) return error;
  const { message, stack, cause } = error;
  const failure = ApplicationFailure.create({
    ...(error instanceof ApplicationFailure && optionsOf(error)),
    message,
    type: `Application.${taken}`,
    ...(cause instanceof Error && { cause }),
  });
  if (stack !== undefined) failure.stack = stack;
  return failure;
}

function optionsOf(failure: ApplicationFailure): ApplicationFailureOptions {
  const { nonRetryable, details, nextRetryDelay, category } = failure;
  return {
    ...(nonRetryable != null && { nonRetryable }),
    ...(details != null && { details }),
    ...(nextRetryDelay != null && { nextRetryDelay }),
    ...(category != null && { category }),
  };
}
