import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { WorkerConfig } from '../config/config.ts';

/** The variables that name a worker's version. */
export type VersionConfig = Pick<WorkerConfig, 'WORKER_DEPLOYMENT' | 'WORKER_BUILD_ID'>;

/** Returns the version of a worker; undefined if it is not versioned. */
export function versionOf({
  WORKER_DEPLOYMENT: deploymentName,
  WORKER_BUILD_ID: buildId,
}: VersionConfig): WorkerDeploymentVersion | undefined {
  return deploymentName !== undefined && buildId !== undefined ? { deploymentName, buildId } : undefined;
}
