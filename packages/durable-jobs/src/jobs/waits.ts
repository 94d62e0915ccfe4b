import { jobTimers } from './names.ts';

/** A possible action on a job: over REST if `method` and `path` are set, otherwise in another way. */
export interface WhyAction {
  does: string;
  method?: 'POST' | 'PUT' | 'DELETE' | undefined;
  path?: string | undefined;
  /** The body of the request, if it needs one. */
  body?: Readonly<Record<string, unknown>> | undefined;
}

/** A wait for someone that a durable timer bounds, as `why` explains it. */
export interface ExplainedWait {
  /** For programs, in snake_case. A released one is never renamed. */
  code: string;
  /** Returns a sentence for people; `until` is an ISO 8601 time. */
  sentence(until: string): string;
  /** Returns actions that end the wait, other than canceling the job. Their paths are those of the routes, wherever they are mounted. */
  actions(businessKey: string): WhyAction[];
}

/** Whether a durable timer of a job delays its work, rather than bounding a wait for someone. */
export function isDelay(
  job: { delayingTimers?: readonly string[] },
  timerSummary: string | undefined,
): boolean {
  if (timerSummary === undefined) return false;
  const ofEveryJob: readonly string[] = Object.values(jobTimers);
  return ofEveryJob.includes(timerSummary) || job.delayingTimers?.includes(timerSummary) === true;
}
