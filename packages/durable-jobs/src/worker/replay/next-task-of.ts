import type { WorkerDeploymentVersion } from '@temporalio/common';
import { indexedVersion, type IndexedBehavior, type VersionState } from '../../engine/deployments.ts';
import { Condition } from '../../engine/visibility-query.ts';
import type { OpenRun } from './choose-sample.ts';

/** The version of a worker, as far as it decides which runs the worker gets. */
export interface OwnVersion {
  version: WorkerDeploymentVersion;
  /** A version that has not polled yet is inactive; one whose state is unknown is treated as a new one. */
  state: VersionState | 'unknown';
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
  return !isFormer(own);
}

/** The condition of the runs for which {@link getsNextTaskOf} is true. Engines without versions do not know its attributes. */
export function getsNextTask(own: OwnVersion | undefined): Condition {
  const behavior = (...values: (IndexedBehavior | '')[]): Condition =>
    Condition.isOneOf('TemporalWorkflowVersioningBehavior', values);
  // A run that left its version for workers without one has an empty text.
  const movesAlong = [Condition.isUnset('TemporalWorkflowVersioningBehavior'), behavior('AutoUpgrade', '')];
  const pinnedHere = own && [
    Condition.all([
      behavior('Pinned'),
      Condition.isOneOf('TemporalWorkerDeploymentVersion', [indexedVersion(own.version)]),
    ]),
  ];
  return Condition.any([...(isFormer(own) ? [] : movesAlong), ...(pinnedHere ?? [])]);
}

/** Whether a version was current or ramping, and is no longer: a later version may have advanced the runs that are not pinned. */
const isFormer = (own: OwnVersion | undefined): boolean =>
  own?.state === 'draining' || own?.state === 'drained';
