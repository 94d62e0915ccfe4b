/** Actions that an operator can perform on a job, or on many. */
export const jobActions = ['cancel', 'terminate', 'retry', 'pause', 'resume', 'reschedule'] as const;

/** One of {@link jobActions}. */
export type JobAction = (typeof jobActions)[number];

/** A request for an action on a job. `at` is when a rescheduled job should continue. */
export type ActionRequest =
  | { action: Exclude<JobAction, 'reschedule'>; reason?: string | undefined }
  | { action: 'reschedule'; at: Date; reason?: string | undefined };
