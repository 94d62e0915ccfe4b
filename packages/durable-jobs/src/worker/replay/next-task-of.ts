import type { WorkerDeploymentVersion } from '@temporalio/common';
import { indexedVersion, type VersionState } from '../../engine/deployments.ts';
import type { OpenRun } from './choose-sample.ts';

/** The version of a worker, as far as it decides which runs the worker gets. */
export interface OwnVersion {
  version: WorkerDeploymentVersion;
  /** Undefined if the engine does not say; it is treated as a new version then. */
  state: VersionState | undefined;
}

/**
 * Whether a worker may get the next task of an open run. A run that is pinned, by its workflow or by an operator, stays on its version; the
 * others go to workers without a version, or to the current version, which a new version is to become.
 */
export function getsNextTaskOf(
  { pinnedTo }: Pick<OpenRun, 'pinnedTo'>,
  own: OwnVersion | undefined,
): boolean {
  if (pinnedTo) return own !== undefined && pinnedTo === indexedVersion(own.version);
  // It was current or ramping, and is no longer: a later version may have advanced the others.
  return own?.state !== 'draining' && own?.state !== 'drained';
}
