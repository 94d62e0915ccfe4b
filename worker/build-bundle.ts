import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode } from '@temporalio/worker';
import { bundlePath, workflowsPath } from './bundle.ts';

const { code } = await bundleWorkflowCode({ workflowsPath });
await writeFile(bundlePath, code);
