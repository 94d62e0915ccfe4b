import { processBulk, type ProcessBulkInput, type ProcessBulkResult } from './bulk/process-bulk.ts';
import { startBulkJob, type StartBulkJobInput, type StartBulkJobResult } from './bulk/start-bulk-job.ts';
import { hostService, type HostServiceInput } from './hosted-services/host-service.ts';
import type { JobDefinition } from './jobs/define-job.ts';
import { createJobRegistry, type JobRegistry } from './jobs/registry.ts';

/** The library's own jobs. Every application has them. */
const libraryJobs: readonly JobDefinition[] = [startBulkJob, processBulk, hostService];

/** The signatures of the library's own workflows, by type. */
export type LibrarySignatures = {
  startBulkJob: (input: StartBulkJobInput) => Promise<StartBulkJobResult>;
  processBulk: (input: ProcessBulkInput) => Promise<ProcessBulkResult>;
  hostService: (input: HostServiceInput) => Promise<void>;
};

/** Builds the registry of an application's jobs and the library's own. */
export function createJobs(own: readonly JobDefinition[]): JobRegistry {
  return createJobRegistry([...own, ...libraryJobs]);
}
