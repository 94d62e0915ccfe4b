import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import {
  ContinueAsNew,
  IllegalStateError,
  ValueError,
  WorkflowError,
  type WorkflowInboundCallsInterceptor,
} from '@temporalio/workflow';
import { boundError } from '../../engine/bound-error.ts';
import { failureTypes } from '../../engine/failure-types.ts';

/**
 * What JavaScript and the SDK throw because of the code itself: only other code helps, so the engine retries the workflow task until that is
 * deployed.
 */
const bugs = [
  TypeError,
  ReferenceError,
  RangeError,
  SyntaxError,
  EvalError,
  URIError,
  WorkflowError,
  IllegalStateError,
  ValueError,
];

/**
 * Bounds what workflows and their handlers throw, and refuses results that cannot be stored. An ordinary error fails the job, or the update,
 * with its message: the SDK would retry the workflow task indefinitely, as for a bug. It issues no command, so histories replay with it.
 */
export const boundErrors: WorkflowInboundCallsInterceptor = {
  execute: (input, next) => bounded(() => next(input), 'The result of the job'),
  handleSignal: (input, next) => bounded(() => next(input)),
  handleUpdate: (input, next) => bounded(() => next(input), `The result of the update ${input.name}`),
  async handleQuery(input, next) {
    try {
      return requireJson(await next(input), `The result of the query ${input.queryName}`);
    } catch (error) {
      throw boundError(error);
    }
  },
  validateUpdate(input, next) {
    try {
      next(input);
    } catch (error) {
      throw boundError(error);
    }
  },
};

async function bounded<T>(run: () => Promise<T>, what?: string): Promise<T> {
  try {
    const result = await run();
    return what === undefined ? result : requireJson(result, what);
  } catch (error) {
    throw error instanceof ContinueAsNew ? error : asFailure(boundError(error));
  }
}

/** An ordinary error as the failure of a job. Its type is the error's name, as for a job that is one function. */
function asFailure(error: Error): Error {
  if (error instanceof TemporalFailure || bugs.some((bug) => error instanceof bug)) return error;
  const { message, name: type, stack, cause } = error;
  const failure = ApplicationFailure.create({ message, type, ...(cause instanceof Error && { cause }) });
  if (stack !== undefined) failure.stack = stack;
  return failure;
}

/** @throws {ApplicationFailure} `ResultNotJson` for what the engine cannot store. */
function requireJson<T>(result: T, what: string): T {
  if (result === undefined || result instanceof Uint8Array) return result;
  let reason = `it is a ${typeof result}`;
  try {
    if (typeof JSON.stringify(result) === 'string') return result;
  } catch (error) {
    reason = boundError(error).message;
  }
  throw ApplicationFailure.nonRetryable(`${what} must be JSON: ${reason}`, failureTypes.resultNotJson);
}
