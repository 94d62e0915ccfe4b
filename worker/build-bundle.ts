import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode } from '@temporalio/worker';
import { failureConverterPath } from '../packages/durable-jobs/src/encryption/payload-encryption.ts';
import { bundlePath, bundleSources, encryptedBundlePath } from './bundle.ts';

const plain = await bundleWorkflowCode(bundleSources);
await writeFile(bundlePath, plain.code);
const encrypted = await bundleWorkflowCode({ ...bundleSources, failureConverterPath });
await writeFile(encryptedBundlePath, encrypted.code);
