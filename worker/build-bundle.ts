import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode } from '@temporalio/worker';
import { bundlePath, bundleSources } from './bundle.ts';

const { code } = await bundleWorkflowCode(bundleSources);
await writeFile(bundlePath, code);
