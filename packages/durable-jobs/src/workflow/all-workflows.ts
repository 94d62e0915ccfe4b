/** What a bundle is made of: the library's workflows, and an application's own. */
export { processBulk } from '../bulk/process-bulk-workflow.ts';
export { startBulkJob } from '../bulk/start-bulk-job-workflow.ts';
export { hostService } from '../hosted-services/host-service-workflow.ts';
export { runJob as default } from '../jobs/run/workflow.ts';
export * from './application-workflows.ts';
