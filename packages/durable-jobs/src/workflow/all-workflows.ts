import { processBulk } from '../bulk/process-bulk-workflow.ts';
import { startBulkJob } from '../bulk/start-bulk-job-workflow.ts';
import { hostService } from '../hosted-services/host-service-workflow.ts';
import { runJob } from '../jobs/run/workflow.ts';
import { declareVersioning } from '../jobs/workflow/declare-versioning.ts';
import * as applicationWorkflows from './application-workflows.ts';

declareVersioning({ processBulk, startBulkJob, hostService, runJob, ...applicationWorkflows });

/** What a bundle is made of: the library's workflows, and an application's own. */
export { processBulk, startBulkJob, hostService, runJob as default };
export * from './application-workflows.ts';
