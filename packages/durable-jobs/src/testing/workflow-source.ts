import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';
import { bundleOptions } from '../worker/workflow-code.ts';

/**
 * Where workflows come from: the module that exports an application's own, as a path or a `file:` URL such as `import.meta.resolve`
 * returns, or a bundle that was built of it.
 */
export type WorkflowSource = string | URL | { codePath: string };

/**
 * The bundle of a source; without one, that of the library's own workflows. Bundling takes seconds.
 * @throws if the module can't be bundled.
 */
export async function bundleOf(
  source: WorkflowSource | undefined,
  encrypted = false,
): Promise<WorkflowBundleOption> {
  if (typeof source === 'object' && 'codePath' in source) return source;
  return bundleWorkflowCode({ ...bundleOptions(source, encrypted), logger: new DefaultLogger('WARN') });
}
