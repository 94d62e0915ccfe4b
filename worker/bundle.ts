import { fileURLToPath } from 'node:url';
import type { WorkflowFiles } from 'durable-jobs/worker';

/** A file, seen from here: in the sources or in a build. */
const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The workflows, and where `npm run build` puts their bundles. */
export const workflowFiles: WorkflowFiles = {
  workflowsPath: pathOf(`../workflows/index${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`),
  bundlePath: pathOf('../workflow-bundle.js'),
  encryptedBundlePath: pathOf('../workflow-bundle.encrypted.js'),
};
