/** For workflow code, and for what it shares with other processes: nothing here loads a schema library or a module of Node's own. */
export { processBulk } from '../bulk/process-bulk-workflow.ts';
export { startBulkJob } from '../bulk/start-bulk-job-workflow.ts';
export { libraryQueues } from '../engine/declared-queues.ts';
export { failureTypes } from '../engine/failure-types.ts';
export { searchAttributes } from '../engine/search-attributes.ts';
export { hostService } from '../hosted-services/host-service-workflow.ts';
export { kebabCase } from '../jobs/kebab-case.ts';
export { runJob } from '../jobs/run/workflow.ts';
export { proxyCountedActivities } from '../jobs/workflow/counted-activities.ts';
export { isHistoryLong } from '../jobs/workflow/long-history.ts';
export { nominalTime } from '../jobs/workflow/nominal-time.ts';
export { operatorWaits, startWhenMeant } from '../jobs/workflow/operator-wait.ts';
export { databaseOptions, uncountedFailures } from '../jobs/workflow/policies.ts';
