import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BundleOptions, WorkerOptions } from '@temporalio/worker';
import { failureConverterPath } from '../encryption/payload-encryption.ts';

/** Where an application has its workflows. */
export interface WorkflowFiles {
  /** The module that exports them all. */
  workflowsPath: string;
  /** Where a build puts their bundle. */
  bundlePath: string;
  /** The same with failures whose messages are put into payloads, which encryption needs. */
  encryptedBundlePath: string;
}

/** Where a worker has its workflows from. */
export type WorkflowCode = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'bundlerOptions'> & {
  /** Modules to bundle with `workflowsPath`; a bundle that is made has them. */
  workflowModules?: string[];
};

/** Whether the library itself runs from its sources, as in its own repository. */
const isSource = import.meta.url.endsWith('.ts');

/** What observes workflows from within. */
const interceptors = fileURLToPath(
  new URL(`../jobs/workflow/interceptors${isSource ? '.ts' : '.js'}`, import.meta.url),
);

/** Lets a bundle have the library's sources where this process runs them, rather than its build. */
const librarySources = {
  webpackConfigHook: (config) => ({
    ...config,
    resolve: { ...config.resolve, conditionNames: ['durable-jobs-source', '...'] },
  }),
} satisfies Pick<BundleOptions, 'webpackConfigHook'>;

/** What a bundle is made of: the workflows, and what observes them. */
export function bundleOptions(workflowsPath: string, encrypted = false): BundleOptions {
  return {
    workflowsPath,
    workflowInterceptorModules: [interceptors],
    ...(isSource && librarySources),
    ...(encrypted && { failureConverterPath }),
  };
}

/**
 * The workflow code for a worker: the prebuilt bundle where there is one, else sources that are bundled at the start.
 * @throws where a production process has no bundle: building one takes seconds and a compiler that production lacks.
 */
export function workflowCode(
  files: WorkflowFiles,
  { production, encrypted }: { production: boolean; encrypted: boolean },
): WorkflowCode {
  const codePath = encrypted ? files.encryptedBundlePath : files.bundlePath;
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  if (production) throw new Error(`no workflow bundle at ${codePath}: run \`npm run build\` first`);
  return {
    workflowsPath: files.workflowsPath,
    workflowModules: [interceptors],
    ...(isSource && { bundlerOptions: librarySources }),
  };
}
