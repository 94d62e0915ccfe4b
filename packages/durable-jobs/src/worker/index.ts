/** The parts of a worker process. */
export type { WorkerApplication } from './application.ts';
export { runWorker, type WorkerResources } from './run-worker.ts';
export { bundleOptions, bundleWorkflows, type WorkflowFiles } from './workflow-code.ts';
