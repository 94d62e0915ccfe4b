import { readFile } from 'node:fs/promises';
import type { VersioningBehavior } from '@temporalio/common';
import type { WorkflowBundleOption } from '@temporalio/worker';
import type { JobDefinition } from '../jobs/job-definition.ts';
import type { Versioning } from '../jobs/versioning.ts';

const behaviors: Record<Versioning, VersioningBehavior> = {
  pinned: 'PINNED',
  'auto-upgrade': 'AUTO_UPGRADE',
};

/** How runs are versioned whose definition does not say it: changes to their workflows are patched, as without versions. */
export const DEFAULT_BEHAVIOR = behaviors['auto-upgrade'];

/**
 * Returns a bundle that declares how the definitions' runs are versioned. A prebuilt bundle serves workers with and without versions, so
 * the declaration is added when a versioned worker loads it.
 */
export async function versionedBundle(
  bundle: WorkflowBundleOption,
  jobs: readonly Pick<JobDefinition, 'type' | 'versioning'>[],
): Promise<{ code: string }> {
  const code = 'code' in bundle ? bundle.code : await readFile(bundle.codePath, 'utf8');
  const declared = Object.fromEntries(
    jobs.map(({ type, versioning }) => [type, versioning ? behaviors[versioning] : DEFAULT_BEHAVIOR]),
  );
  // Without a line break, so that the lines of stack traces remain those of the bundle.
  return { code: `globalThis.durableJobsVersioning=${JSON.stringify(declared)};${code}` };
}
