/** Starts, views and actions of jobs. */
export { settleTerminated } from './act/end-job.ts';
export { jobActionDocs } from './act/http/docs.ts';
export type { JobRules, JobRulesByType } from './act/job-rules.ts';
export { findRun, type JobRun } from './act/job-run.ts';
export { ActionRefusedError } from './act/refusal.ts';
export type { CreateOnce } from './create-once.ts';
export { deadStartDocs } from './dead-starts/docs.ts';
export { jobDocs } from './docs.ts';
export { groupDocs } from './flow/group-docs.ts';
export type { JobView } from './job-view.ts';
export { enqueueStart } from './outbox/enqueue.ts';
export { startNow } from './outbox/start-now.ts';
export { type Effect, effectAt, type JobEffectsByType, type ReadEffects } from './timeline/effects.ts';
export type { UncountedAttempt } from './uncounted-attempt.ts';
export { type JobResult, waitForResult } from './wait-for-result.ts';
export { libraryJobEffects, libraryJobRules } from '../library-job-rules.ts';
