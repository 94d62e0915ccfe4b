/** Run as a process of its own by the global set-up, as bundling keeps a process busy for seconds. */
import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { bundleOptions } from '../../packages/durable-jobs/src/worker/workflow-code.ts';
import { workflowFiles } from '../../worker/bundle.ts';

const { code } = await bundleWorkflowCode({
  ...bundleOptions(workflowFiles.workflows),
  logger: new DefaultLogger('WARN'),
});
await writeFile(process.argv[2] ?? '', code);
