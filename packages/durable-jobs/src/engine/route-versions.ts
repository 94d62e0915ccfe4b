import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';

/**
 * Makes a version the current one: new jobs start on it, and jobs that are not pinned move to it.
 * @throws the engine's error if it has no such version, or, without `force`, if its workers never polled a task queue of the current version.
 */
export async function setCurrentVersion(
  client: Client,
  version: WorkerDeploymentVersion,
  { force = false } = {},
): Promise<void> {
  await client.workflowService.setWorkerDeploymentCurrentVersion({
    ...common(client),
    ...version,
    ignoreMissingTaskQueues: force,
    allowNoPollers: force,
  });
}

/**
 * Sends a percentage of the new jobs, and of the jobs that are not pinned, to a version. With `undefined`, all go to the current version.
 * @throws the engine's error as {@link setCurrentVersion} does.
 */
export async function setRampingVersion(
  client: Client,
  { deploymentName, buildId }: { deploymentName: string; buildId?: string },
  percentage: number,
  { force = false } = {},
): Promise<void> {
  await client.workflowService.setWorkerDeploymentRampingVersion({
    ...common(client),
    deploymentName,
    buildId: buildId ?? '',
    percentage,
    ignoreMissingTaskQueues: force,
    allowNoPollers: force,
  });
}

/**
 * Deletes a version from its deployment.
 * @throws the engine's error if jobs may still run on it, or if a worker of it polled within the last minutes.
 */
export async function deleteVersion(client: Client, version: WorkerDeploymentVersion): Promise<void> {
  await client.workflowService.deleteWorkerDeploymentVersion({
    ...common(client),
    deploymentVersion: version,
  });
}

function common({ options: { namespace, identity } }: Client): { namespace: string; identity: string } {
  return { namespace, identity };
}
