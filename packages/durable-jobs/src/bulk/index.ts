/** Bulk jobs: their routes, rows and tasks. */
export { jobBatchDocs } from './act-on-jobs/docs.ts';
export { bulkJobDocs } from './docs.ts';
export { findInPages } from './find-in-pages.ts';
export type { BulkJobView } from './json.ts';
export type { ItemError } from './rows.ts';
export { startBulkJob } from './start-bulk-job.ts';
export type { BulkTaskRegistry } from './task-registry.ts';
