import { bundleWorkflows } from 'durable-jobs/worker';
import { workflowFiles } from './bundle.ts';

await bundleWorkflows(workflowFiles);
