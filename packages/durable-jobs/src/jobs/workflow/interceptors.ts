import { TemporalFailure, type Headers } from '@temporalio/common';
import {
  ContinueAsNew,
  isCancellation,
  log,
  proxySinks,
  workflowInfo,
  type ActivityInput,
  type ContinueAsNewInput,
  type GetLogAttributesInput,
  type LocalActivityInput,
  type Next,
  type SignalInput,
  type StartChildWorkflowExecutionInput,
  type UpdateInput,
  type WorkflowExecuteInput,
  type WorkflowInboundCallsInterceptor,
  type WorkflowInterceptors,
  type WorkflowOutboundCallsInterceptor,
} from '@temporalio/workflow';
import {
  readJobContext,
  withJobContextHeader,
  type JobContext,
  type JobSinks,
  type RunOutcome,
} from '../../telemetry/context-header.ts';
import { boundErrors } from './bound-errors.ts';
import { scheduledStartTime } from '../../engine/search-attributes.ts';

const { jobs } = proxySinks<JobSinks>();

/** Called by the SDK for each run of each workflow. */
export function interceptors(): WorkflowInterceptors {
  const observer = new RunObserver();
  // The observer reports what the engine stores.
  return { inbound: [observer, boundErrors], outbound: [observer] };
}

/**
 * Passes a job's context to its activities, children and next runs, and reports when the job starts and ends. It issues no command, waits
 * for nothing and uses no random number, so that workflows make the same decisions without it, and older histories replay.
 */
class RunObserver implements WorkflowInboundCallsInterceptor, WorkflowOutboundCallsInterceptor {
  /** As the start gave it, with the time of the first run. */
  #job: JobContext & { startedAt: number } = { startedAt: 0 };
  /** As this run hands it on. */
  #run: JobContext = {};

  execute(
    input: WorkflowExecuteInput,
    next: Next<WorkflowInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const runStartedAt = Date.now();
    const given = readJobContext(input.headers);
    this.#job = { ...given, startedAt: given.startedAt ?? runStartedAt };
    const { context, parentSpanId } = traceOfRun(given);
    this.#run = context;
    if (given.startedAt === undefined) {
      const waitMs = Math.max(0, runStartedAt - dueAt(given));
      log.info('the job has started', { waitMs });
      jobs.started({ waitMs });
    }
    const ended = (outcome: RunOutcome, error?: unknown): void => {
      const endedAt = Date.now();
      const jobStartedAt = this.#job.startedAt;
      jobs.runEnded({
        outcome,
        jobStartedAt,
        runStartedAt,
        endedAt,
        context: this.#run,
        ...(parentSpanId !== undefined && { parentSpanId }),
      });
      const fields = { outcome, durationMs: endedAt - jobStartedAt };
      if (outcome === 'failed') log.warn('the job has ended', { ...fields, error });
      else if (outcome !== 'continued') log.info('the job has ended', fields);
    };
    return next(input).then(
      (result) => {
        ended('completed');
        return result;
      },
      (error: unknown) => {
        const outcome = outcomeOf(error);
        if (outcome) ended(outcome, error);
        throw error;
      },
    );
  }

  handleSignal(
    input: SignalInput,
    next: Next<WorkflowInboundCallsInterceptor, 'handleSignal'>,
  ): Promise<void> {
    logMessage('signal', input.signalName, input.headers);
    return next(input);
  }

  handleUpdate(
    input: UpdateInput,
    next: Next<WorkflowInboundCallsInterceptor, 'handleUpdate'>,
  ): Promise<unknown> {
    logMessage('update', input.name, input.headers);
    return next(input);
  }

  scheduleActivity(
    input: ActivityInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'scheduleActivity'>,
  ): Promise<unknown> {
    return next({ ...input, headers: withJobContextHeader(input.headers, this.#run) });
  }

  scheduleLocalActivity(
    input: LocalActivityInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'scheduleLocalActivity'>,
  ): Promise<unknown> {
    return next({ ...input, headers: withJobContextHeader(input.headers, this.#run) });
  }

  startChildWorkflowExecution(
    input: StartChildWorkflowExecutionInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'startChildWorkflowExecution'>,
  ): Promise<[Promise<string>, Promise<unknown>]> {
    // A separate job, requested now.
    return next({
      ...input,
      headers: withJobContextHeader(input.headers, { ...this.#run, dueAt: Date.now() }),
    });
  }

  continueAsNew(
    input: ContinueAsNewInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'continueAsNew'>,
  ): Promise<never> {
    return next({ ...input, headers: withJobContextHeader(input.headers, this.#job) });
  }

  getLogAttributes(
    input: GetLogAttributesInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'getLogAttributes'>,
  ): Record<string, unknown> {
    const { requestId, traceparent } = this.#run;
    return next({
      ...input,
      ...(requestId !== undefined && { requestId }),
      ...(traceparent !== undefined && { traceId: traceparent.split('-')[1] }),
    });
  }
}

/** Returns undefined for a bug: the SDK retries the task. */
function outcomeOf(error: unknown): RunOutcome | undefined {
  if (error instanceof ContinueAsNew) return 'continued';
  if (isCancellation(error)) return 'cancelled';
  return error instanceof TemporalFailure ? 'failed' : undefined;
}

/** When the job was to start: what a schedule starts says it in a search attribute. */
function dueAt(given: JobContext): number {
  const { typedSearchAttributes, startTime } = workflowInfo();
  return given.dueAt ?? (typedSearchAttributes.get(scheduledStartTime) ?? startTime).getTime();
}

/**
 * Returns the trace context of a run. The span's id is derived from the run id, as is the id of a trace that no request began: both are
 * random enough, and the same on every worker that replays the run.
 */
function traceOfRun(given: JobContext): { context: JobContext; parentSpanId?: string } {
  const hex = workflowInfo().runId.replaceAll('-', '');
  const spanId = hex.slice(-16);
  const context = { ...given };
  delete context.startedAt;
  const [, traceId, parentSpanId, flags] = given.traceparent?.split('-') ?? [];
  if (traceId === undefined || parentSpanId === undefined || flags === undefined) {
    return { context: { ...context, traceparent: `00-${hex}-${spanId}-01`, ownTrace: true } };
  }
  return { context: { ...context, traceparent: `00-${traceId}-${spanId}-${flags}` }, parentSpanId };
}

/** A message to a job is logged with the request that sent it. */
function logMessage(kind: 'signal' | 'update', name: string, headers: Headers): void {
  const { requestId } = readJobContext(headers);
  log.info('the job received a message', {
    messageKind: kind,
    messageName: name,
    ...(requestId !== undefined && { requestId }),
  });
}
