import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import type { Sinks } from '@temporalio/workflow';

/** The Temporal header that carries a {@link JobContext}. Headers do not affect what a workflow decides. */
const jobContextHeader = 'durable-jobs';

/**
 * What a job carries from the request that started it to every activity, so that all of them can be found by it. It contains only ids and
 * times, because histories store it.
 */
export interface JobContext {
  /** The request's id, which its response had in `X-Request-Id`. */
  requestId?: string;
  /** When the job was to start: when it was accepted, or the later time that was requested. In milliseconds since 1970. */
  dueAt?: number;
  /** When its first run began. The runs that continue the job keep this time. */
  startedAt?: number;
  /** Its position in a trace, as a W3C `traceparent`. */
  traceparent?: string;
  /** Set if no request began the trace, so that the job has its own. Whether it is sampled is decided later. */
  ownTrace?: true;
}

/** Returns the context that came with a start, a message or an attempt; empty if there is none. */
export function readJobContext(headers: Headers): JobContext {
  const payload = headers[jobContextHeader];
  return payload ? defaultPayloadConverter.fromPayload<JobContext>(payload) : {};
}

/** Returns the headers with the context added. */
export function withJobContextHeader(headers: Headers, context: JobContext): Headers {
  return { ...headers, [jobContextHeader]: defaultPayloadConverter.toPayload(context) };
}

/** How a run of a workflow ended, as its worker sees it. `continued`: the job continues as a new run. */
export type RunOutcome = 'completed' | 'failed' | 'cancelled' | 'continued';

/** The end of a run. Times are milliseconds since 1970. */
export interface RunEnd {
  outcome: RunOutcome;
  /** When the job's first run began. */
  jobStartedAt: number;
  runStartedAt: number;
  endedAt: number;
  /** The context of its activities. Its `traceparent` names the run's own span. */
  context: JobContext;
  /** The parent of the run's span. */
  parentSpanId?: string;
}

/** What the workflow sandbox reports to its process. It is not reported again in a replay. */
export interface JobSinks extends Sinks {
  jobs: {
    /** Reports that a job began: the first task of its first run. `waitMs` counts from {@link JobContext.dueAt}. */
    started: (event: { waitMs: number }) => void;
    runEnded: (event: RunEnd) => void;
  };
}
