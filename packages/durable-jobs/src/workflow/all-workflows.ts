import { declareVersioning } from '../jobs/workflow/declare-versioning.ts';
import * as applicationWorkflows from './application-workflows.ts';
import { libraryWorkflows } from './library-workflows.ts';

declareVersioning(applicationWorkflows);

const { processBulk, startBulkJob, hostService, runJob } = libraryWorkflows;

/** What a bundle is made of: the library's workflows, and an application's own. */
export { processBulk, startBulkJob, hostService, runJob as default };
export * from './application-workflows.ts';
