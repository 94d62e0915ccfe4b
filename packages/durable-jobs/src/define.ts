/** Functions with which an application defines its jobs, services, work items, bulk tasks and consumers, and enqueues jobs. */
export {
  defineBulkQuery,
  defineBulkTask,
  type BulkDeps,
  type BulkQueryDefinition,
  type BulkTaskDefinition,
  type TaskItem,
} from './bulk/define-task.ts';
export { defineService, type ServiceDefinition } from './hosted-services/define-service.ts';
export {
  enqueueGroup,
  startOf,
  type EndCounts,
  type GroupCompletion,
  type GroupStart,
} from './jobs/enqueue/enqueue-group.ts';
export { enqueue } from './jobs/enqueue/enqueue.ts';
export type { SqlClient } from './jobs/enqueue/sql-client.ts';
export type { EnqueueOptions } from './jobs/enqueue/start-options.ts';
export {
  defineWorkflow,
  jobId,
  type InputOf,
  type JobDefinition,
  type ResultOf,
  type StartPolicy,
  type StartSignal,
} from './jobs/job-definition.ts';
export { kebabCase } from './jobs/kebab-case.ts';
export { JobKeyError } from './jobs/job-key.ts';
export type { RunContext } from './jobs/run/activities.ts';
export { defineJob, isFunctionJob, type FunctionJob, type JobDeclaration } from './jobs/run/define-job.ts';
export { PermanentError, RetryAfterError } from './jobs/run/errors.ts';
export type { RetryDeclaration } from './jobs/run/retry.ts';
export { ConfigError } from './config/config.ts';
export { createBulkTasks } from './library-bulk-tasks.ts';
export { createJobs, type LibrarySignatures } from './library-jobs.ts';
export { defineSchedule, type ScheduleInput } from './schedules/definition.ts';
export {
  defineMessageConsumer,
  messageChannel,
  type MessageConsumerDefinition,
  type ReceivedMessage,
} from './messages/define-consumer.ts';
export {
  defineWorkItem,
  type BatchContext,
  type WorkContext,
  type WorkInBatch,
  type WorkItemDefinition,
  type WorkPolicy,
  type WorkResult,
} from './work-queue/define-work-item.ts';
