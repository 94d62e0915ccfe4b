import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, format, parse, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SdkComponent } from '@temporalio/common';
import { LoggerWithComposedMetadata } from '@temporalio/common/lib/logger.js';
import {
  bundleWorkflowCode,
  Runtime,
  type BundleOptions,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { failureConverterPath } from '../encryption/payload-encryption.ts';

/** Where an application's workflows are. */
export interface WorkflowFiles {
  /** The module that exports the application's own workflows, as a path or a file URL; the library's are added. Absent if it has none. */
  workflows?: string | URL | undefined;
  /** The path or file URL of the bundle that a build creates. Without it, the workflows are bundled when a worker starts. */
  bundle?: string | URL | undefined;
}

/** Options from which a worker loads its workflows. */
export type WorkflowCode = Pick<
  WorkerOptions,
  'workflowBundle' | 'workflowsPath' | 'bundlerOptions' | 'buildId'
> & {
  /** Modules to bundle with `workflowsPath`. A prebuilt bundle contains them. */
  workflowModules?: string[];
};

/** Whether the library itself runs from its sources, as in its own repository. */
const isSource = import.meta.url.endsWith('.ts');

const libraryFile = (path: string): string =>
  fileURLToPath(new URL(`../${path}${isSource ? '.ts' : '.js'}`, import.meta.url));

/** Modules that observe workflows from inside the sandbox. */
const interceptors = libraryFile('jobs/workflow/interceptors');

const allWorkflows = libraryFile('workflow/all-workflows');

/**
 * The library's own modules in the sandbox. All runs share them: they are evaluated once and frozen, instead of once for each run. So none of
 * them has state outside of functions.
 */
const preloadModules = [
  interceptors,
  libraryFile('workflow/library-workflows'),
  libraryFile('workflow/index'),
];

/**
 * Returns the bundler's options for an application's workflows: it finds them, and the library's sources if this process runs them, and
 * preloads the library's modules.
 */
function bundlerOptionsFor(
  workflows: string | URL | undefined,
): Required<Pick<BundleOptions, 'preloadModules' | 'webpackConfigHook'>> {
  return {
    preloadModules,
    webpackConfigHook: (config) => ({
      ...config,
      resolve: {
        ...config.resolve,
        ...(isSource && { conditionNames: ['durable-jobs-source', '...'] }),
        ...(workflows !== undefined && {
          alias: {
            // The SDK's own type, of which webpack has another version.
            ...(config.resolve?.alias as Record<string, string | false> | undefined),
            [libraryFile('workflow/application-workflows')]: moduleAt(workflows),
          },
        }),
      },
    }),
  };
}

/**
 * Returns the options for `bundleWorkflowCode` of `@temporalio/worker`: the library's workflows, the application's own, and the modules
 * that observe them. `encrypted` is for workers that encrypt payloads.
 */
export function bundleOptions(workflows: string | URL | undefined, encrypted = false): BundleOptions {
  return {
    workflowsPath: allWorkflows,
    workflowInterceptorModules: [interceptors],
    ...bundlerOptionsFor(workflows),
    ...(encrypted && { failureConverterPath }),
  };
}

/**
 * Bundles an application's workflows for production, with the library's: one line of a build script. Beside `bundle` it writes a
 * second file, for workers that encrypt payloads.
 *
 * @example
 * await bundleWorkflows({ workflows: 'dist/workflows.js', bundle: 'dist/workflow-bundle.js' });
 */
export async function bundleWorkflows(files: WorkflowFiles & { bundle: string | URL }): Promise<void> {
  for (const encrypted of [false, true]) {
    const { code } = await bundleWorkflowCode(bundleOptions(files.workflows, encrypted));
    const path = bundleAt(files.bundle, encrypted);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, code);
  }
}

/**
 * Returns the workflow code for a worker: the prebuilt bundle if there is one, otherwise sources that are bundled at the start.
 * @throws if a production process lacks its configured bundle, because bundling takes seconds.
 */
export function workflowCode(
  { workflows, bundle }: WorkflowFiles,
  { production, encrypted }: { production: boolean; encrypted: boolean },
): WorkflowCode {
  if (bundle !== undefined) {
    const codePath = bundleAt(bundle, encrypted);
    if (existsSync(codePath)) return { workflowBundle: { codePath } };
    if (production) throw new Error(`The workflow bundle ${codePath} does not exist: build it first.`);
  }
  return {
    workflowsPath: allWorkflows,
    workflowModules: [interceptors],
    bundlerOptions: bundlerOptionsFor(workflows),
  };
}

/** Workflow code that is ready to run. */
export interface BundledWorkflowCode {
  workflowBundle: WorkflowBundleOption;
  /** Is the same for the same code, and lets a worker recognize others that run it. */
  buildId: string;
}

/** Bundles workflow code that is not bundled yet, so that a replay and a worker can use the same bundle. */
export async function bundled(code: WorkflowCode, encrypted: boolean): Promise<BundledWorkflowCode> {
  const workflowBundle = code.workflowBundle ?? (await bundle(code, encrypted));
  const text = 'codePath' in workflowBundle ? await readFile(workflowBundle.codePath) : workflowBundle.code;
  return { workflowBundle, buildId: createHash('sha256').update(text).digest('hex') };
}

function bundle(
  { workflowsPath, workflowModules, bundlerOptions }: WorkflowCode,
  encrypted: boolean,
): Promise<WorkflowBundleOption> {
  return bundleWorkflowCode({
    ...bundlerOptions,
    workflowsPath: workflowsPath ?? allWorkflows,
    workflowInterceptorModules: workflowModules ?? [],
    ...(encrypted && { failureConverterPath }),
    logger: LoggerWithComposedMetadata.compose(Runtime.instance().logger, {
      sdkComponent: SdkComponent.worker,
    }),
  });
}

/** `dist/workflows.js`, or `dist/workflows.encrypted.js` for workers that encrypt payloads. */
function bundleAt(bundle: string | URL, encrypted: boolean): string {
  const { dir, name, ext } = parse(pathOf(bundle));
  return format({ dir, name: encrypted ? `${name}.encrypted` : name, ext });
}

/**
 * Returns the file of a module. A module that is named by its source is also found in a build, because compilers do not change such names.
 * @throws if it does not exist.
 */
function moduleAt(workflows: string | URL): string {
  const path = pathOf(workflows);
  const built = path.replace(/\.ts$/, '.js');
  const found = [path, built].find((candidate) => existsSync(candidate));
  if (found === undefined) throw new Error(`The workflows file ${path} does not exist.`);
  return found;
}

function pathOf(file: string | URL): string {
  return String(file).startsWith('file:') ? fileURLToPath(file) : resolve(String(file));
}
