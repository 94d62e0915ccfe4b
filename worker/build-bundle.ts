import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode } from '@temporalio/worker';
import { bundleOptions } from 'durable-jobs/worker';
import { workflowFiles } from './bundle.ts';

const { workflowsPath, bundlePath, encryptedBundlePath } = workflowFiles;
const plain = await bundleWorkflowCode(bundleOptions(workflowsPath));
await writeFile(bundlePath, plain.code);
const encrypted = await bundleWorkflowCode(bundleOptions(workflowsPath, true));
await writeFile(encryptedBundlePath, encrypted.code);
