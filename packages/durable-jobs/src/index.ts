/** What an application declares its jobs, services, work items, bulk tasks and consumers with, and starts jobs by. */
export { defineBulkQuery, defineBulkTask } from './bulk/define-task.ts';
export { defineService } from './hosted-services/define-service.ts';
export { defineWorkflow, jobId, kebabCase } from './jobs/job-definition.ts';
export { createBulkTasks } from './library-bulk-tasks.ts';
export { createJobs, type LibrarySignatures } from './library-jobs.ts';
export { defineMessageConsumer, messageChannel } from './messages/define-consumer.ts';
export { defineWorkItem } from './work-queue/define-work-item.ts';
export { enqueue, type EnqueueOptions } from './jobs/enqueue/enqueue.ts';
export type { SqlClient } from './jobs/enqueue/sql-client.ts';
export { defineJob, isFunctionJob, type FunctionJob, type JobDeclaration } from './jobs/run/define-job.ts';
export type { RunContext } from './jobs/run/activities.ts';
export { PermanentError, RetryAfterError } from './jobs/run/errors.ts';
export type { RetryDeclaration } from './jobs/run/retry.ts';
