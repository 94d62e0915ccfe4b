import { processBulk } from '../bulk/process-bulk-workflow.ts';
import { startBulkJob } from '../bulk/start-bulk-job-workflow.ts';
import { hostService } from '../hosted-services/host-service-workflow.ts';
import { runJob } from '../jobs/run/workflow.ts';
import { declareVersioning } from '../jobs/workflow/declare-versioning.ts';

/** The library's workflows, which every bundle has. */
export const libraryWorkflows = { processBulk, startBulkJob, hostService, runJob };

// Here, as this module is frozen once it is preloaded.
declareVersioning(libraryWorkflows);
