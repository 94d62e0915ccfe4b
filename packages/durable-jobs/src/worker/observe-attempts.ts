import { CompleteAsyncError, log, type Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type {
  ActivityExecuteInput,
  ActivityInboundCallsInterceptor,
  ActivityInterceptors,
  ActivityOutboundCallsInterceptor,
  GetLogAttributesInput,
  Next,
} from '@temporalio/worker';
import { readJobContext } from '../telemetry/context-header.ts';
import {
  activityAttempts,
  activityDuration,
  activityRetries,
  type AttemptOutcome,
} from '../telemetry/job-metrics.ts';
import { withLogFields } from '../telemetry/log-fields.ts';
import { currentTraceId, inSpan, outsideOfTraces, traceparentOf } from '../telemetry/tracing.ts';
import { HOSTED } from './job-sinks.ts';

/** The interceptors that the SDK calls for each attempt of each activity. */
export function observeAttempts(context: Context): ActivityInterceptors {
  const observer = new AttemptObserver(context);
  return { inbound: observer, outbound: observer };
}

/** Reports when an attempt starts and ends, and adds the attempt's fields to every line that is logged within it. */
class AttemptObserver implements ActivityInboundCallsInterceptor, ActivityOutboundCallsInterceptor {
  readonly #context: Context;
  #requestId: string | undefined;
  #traceId: string | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const { workflowExecution, workflowType, activityType, attempt } = this.#context.info;
    const job = readJobContext(input.headers);
    const { requestId } = job;
    this.#requestId = requestId;
    const fields = {
      ...(workflowExecution && { jobId: workflowExecution.workflowId, runId: workflowExecution.runId }),
      ...(workflowType !== undefined && { jobType: workflowType }),
      ...(requestId !== undefined && { requestId }),
      activity: activityType,
      attempt,
    };
    return withLogFields(fields, () => {
      const run = (): Promise<unknown> => this.#observe(input, next);
      if (workflowType === HOSTED) return outsideOfTraces(run);
      const attributes = {
        'durable_jobs.activity.attempt': attempt,
        ...(workflowExecution && { 'durable_jobs.job.id': workflowExecution.workflowId }),
        ...(requestId !== undefined && { 'durable_jobs.request.id': requestId }),
      };
      const parent = traceparentOf(job);
      return inSpan(`activity ${activityType}`, { kind: 'consumer', attributes, parent }, () => {
        this.#traceId = currentTraceId();
        return run();
      });
    });
  }

  /** The SDK writes the lines of its own `log` a moment later, outside of this context. */
  getLogAttributes(
    input: GetLogAttributesInput,
    next: Next<ActivityOutboundCallsInterceptor, 'getLogAttributes'>,
  ): Record<string, unknown> {
    return next({
      ...input,
      ...(this.#requestId !== undefined && { requestId: this.#requestId }),
      ...(this.#traceId !== undefined && { traceId: this.#traceId }),
    });
  }

  async #observe(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const { workflowType: type = 'none', activityType: activity, attempt } = this.#context.info;
    if (attempt > 1) activityRetries.inc({ type, activity });
    log.info('the attempt has started');
    const begin = performance.now();
    const ended = (outcome: AttemptOutcome, error?: unknown): void => {
      const durationMs = Math.round(performance.now() - begin);
      activityAttempts.inc({ type, activity, outcome });
      activityDuration.observe({ activity, outcome }, durationMs / 1000);
      if (outcome === 'failed') log.warn('the attempt has ended', { outcome, durationMs, error });
      else log.info('the attempt has ended', { outcome, durationMs });
    };
    try {
      const result = await next(input);
      ended('completed');
      return result;
    } catch (error) {
      ended(outcomeOf(error), error);
      throw error;
    }
  }
}

function outcomeOf(error: unknown): AttemptOutcome {
  if (error instanceof CompleteAsyncError) return 'deferred';
  return error instanceof CancelledFailure ? 'cancelled' : 'failed';
}
