import { processBulk, type ProcessBulkInput, type ProcessBulkResult } from './bulk/process-bulk.ts';
import { startBulkJobOf, type StartBulkJobInput, type StartBulkJobResult } from './bulk/start-bulk-job.ts';
import type { BulkTaskRegistry } from './bulk/task-registry.ts';
import { hostService, type HostServiceInput } from './hosted-services/host-service.ts';
import type { JobDefinition } from './jobs/job-definition.ts';
import { createJobRegistry, type JobRegistry } from './jobs/registry.ts';

/** The signatures of the library's own workflows, by type. */
export type LibrarySignatures = {
  startBulkJob: (input: StartBulkJobInput) => Promise<StartBulkJobResult>;
  processBulk: (input: ProcessBulkInput) => Promise<ProcessBulkResult>;
  hostService: (input: HostServiceInput) => Promise<void>;
};

/** Builds the registry of an application's jobs and the library's own. `bulkTasks` are what the job `startBulkJob` can start. */
export function createJobs(own: readonly JobDefinition[], bulkTasks: BulkTaskRegistry): JobRegistry {
  return createJobRegistry([...own, startBulkJobOf(bulkTasks), processBulk, hostService]);
}
