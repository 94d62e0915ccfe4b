/** Actions that an operator can perform on a job, or on many. */
export const jobActions = ['cancel', 'terminate', 'retry', 'pause', 'resume', 'reschedule'] as const;

/** One of {@link jobActions}. */
export type JobAction = (typeof jobActions)[number];

/** What a retry may do: make the next attempt of an open run, or start a run again that has ended. */
export const retryScopes = ['attempt', 'run'] as const;

/** One of {@link retryScopes}. */
export type RetryScope = (typeof retryScopes)[number];

/**
 * A request for an action on a job. `at` is when a rescheduled job should continue. Without a `scope`, the run's state decides what a
 * retry does.
 */
export type ActionRequest =
  | { action: Exclude<JobAction, 'retry' | 'reschedule'>; reason?: string | undefined }
  | { action: 'retry'; scope?: RetryScope | undefined; reason?: string | undefined }
  | { action: 'reschedule'; at: Date; reason?: string | undefined };
