import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BundleOptions, WorkerOptions } from '@temporalio/worker';

/** Where `npm run build` puts the bundle of all workflows, seen from the built worker. */
export const bundlePath = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/** The same with failures whose messages are put into payloads, which encryption needs. */
export const encryptedBundlePath = fileURLToPath(new URL('../workflow-bundle.encrypted.js', import.meta.url));

/** A source file, by its path without an extension: TypeScript in development, JavaScript in a build. */
const sourceFile = (path: string): string =>
  fileURLToPath(new URL(`${path}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));

/** What is bundled: the workflows, and what observes them. */
export const bundleSources = {
  workflowsPath: sourceFile('../workflows/index'),
  workflowInterceptorModules: [sourceFile('../packages/durable-jobs/src/workflow/interceptors')],
} satisfies BundleOptions;

/** Where a worker has its workflows from. */
export type WorkflowCode = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> & {
  /** Modules to bundle with `workflowsPath`; a bundle that is made has them. */
  workflowModules?: string[];
};

/**
 * The workflow code for a worker: the prebuilt bundle where there is one, else sources that are bundled at the start.
 * @throws where a production process has no bundle: building one takes seconds and a compiler that production lacks.
 */
export function workflowCode(production: boolean, encrypted: boolean): WorkflowCode {
  const codePath = encrypted ? encryptedBundlePath : bundlePath;
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  if (production) throw new Error(`no workflow bundle at ${codePath}: run \`npm run build\` first`);
  const { workflowsPath, workflowInterceptorModules } = bundleSources;
  return { workflowsPath, workflowModules: workflowInterceptorModules };
}
