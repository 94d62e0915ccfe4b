import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import type { Sinks } from '@temporalio/workflow';

/** The Temporal header that carries a {@link JobContext}: headers take no part in what a workflow decides. */
const jobContextHeader = 'durable-jobs';

/**
 * What travels with a job from the request that asked for it to every activity, so that all of them can be found by it.
 * Ids and times alone: it is stored in histories.
 */
export interface JobContext {
  /** The request's id, as its answer told it in `X-Request-Id`. */
  requestId?: string;
  /** When the job was to start: when it was accepted, or the later time that was asked for. Milliseconds since 1970. */
  dueAt?: number;
  /** When its first run began; the runs that continue it carry it on. */
  startedAt?: number;
  /** Where it belongs in a trace, as W3C's `traceparent` says it. */
  traceparent?: string;
  /** Set if the trace is the job's own, as no request began it: whether it is recorded is still to be decided. */
  ownTrace?: true;
}

/** The context that came with a start, a message or an attempt; an empty one if none did. */
export function readJobContext(headers: Headers): JobContext {
  const payload = headers[jobContextHeader];
  return payload ? defaultPayloadConverter.fromPayload<JobContext>(payload) : {};
}

/** The headers, with the context among them. */
export function withJobContextHeader(headers: Headers, context: JobContext): Headers {
  return { ...headers, [jobContextHeader]: defaultPayloadConverter.toPayload(context) };
}

/** How a run of a workflow ended, as its worker sees it; `continued`: the job continues as a new run. */
export type RunOutcome = 'completed' | 'failed' | 'cancelled' | 'continued';

/** The end of a run. Times are milliseconds since 1970. */
export interface RunEnd {
  outcome: RunOutcome;
  /** When the job's first run began. */
  jobStartedAt: number;
  runStartedAt: number;
  endedAt: number;
  /** The context that its activities had; its `traceparent` names the run's own span. */
  context: JobContext;
  /** The span that the run's is a child of. */
  parentSpanId?: string;
}

/** What the workflow sandbox tells the process around it, and does not tell again when it replays. */
export interface JobSinks extends Sinks {
  jobs: {
    /** A job began: the first task of its first run. `waitMs` counts from {@link JobContext.dueAt}. */
    started: (event: { waitMs: number }) => void;
    runEnded: (event: RunEnd) => void;
  };
}
