import { AsyncLocalStorage } from 'node:async_hooks';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { Headers } from '@temporalio/common';
import { withJobContextHeader, type JobContext } from './context-header.ts';
import { currentLogFields } from './log-fields.ts';
import { currentTraceparent } from './tracing.ts';

const storage = new AsyncLocalStorage<JobContext>();

/** Runs `work`, whose calls to the engine carry this context instead of that of the request in progress. */
export function withJobContext<T>(context: JobContext, work: () => T): T {
  return storage.run(context, work);
}

/** Returns the context for a job that is started here and now. */
export function currentJobContext(): JobContext {
  const { requestId } = currentLogFields();
  const traceparent = currentTraceparent();
  return {
    ...(storage.getStore() ?? { ...(requestId !== undefined && { requestId }), dueAt: Date.now() }),
    // A span that was started for this call takes precedence.
    ...(traceparent !== undefined && { traceparent }),
  };
}

/** Adds the context to every start and message. */
export const sendJobContext: WorkflowClientInterceptor = {
  startWithDetails: (input, next) => next({ ...input, headers: withContext(input.headers) }),
  signalWithStart: (input, next) => next({ ...input, headers: withContext(input.headers) }),
  signal: (input, next) => next({ ...input, headers: withContext(input.headers) }),
  startUpdate: (input, next) => next({ ...input, headers: withContext(input.headers) }),
  startUpdateWithStart: (input, next) =>
    next({
      ...input,
      workflowStartHeaders: withContext(input.workflowStartHeaders),
      updateHeaders: withContext(input.updateHeaders),
    }),
};

function withContext(headers: Headers): Headers {
  return withJobContextHeader(headers, currentJobContext());
}
