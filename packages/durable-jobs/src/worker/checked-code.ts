import type { Client } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { WorkerConfig } from '../config/config.ts';
import { replayPolicyOf } from '../config/replay-policy.ts';
import type { PayloadEncryption } from '../encryption/payload-encryption.ts';
import { createTemporalClient } from '../engine/client.ts';
import { libraryQueues } from '../engine/declared-queues.ts';
import { readVersionStates } from '../engine/deployments.ts';
import { ENGINE_CALL_MS } from '../engine/task-queues.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { WorkerApplication } from './application.ts';
import type { OwnVersion } from './replay/next-task-of.ts';
import { replayBeforeStart, type ReplayBeforeStart } from './replay/replay-before-start.ts';
import { versionOf } from './version-of.ts';
import { versionedBundle } from './versioned-bundle.ts';
import { bundled, workflowCode, type WorkflowCode } from './workflow-code.ts';

/** Reads of the version's state: without it, the open jobs of other versions would be checked too. */
const STATE_ATTEMPTS = 5;

/**
 * Returns the workflow code of a worker, after a sample of the open jobs was replayed on it if the worker runs workflows. Returns undefined if
 * `signal` aborts meanwhile.
 * @throws {RefusedError} if an open job does not replay, workers with other code run it, and the configuration does not permit this.
 */
export async function checkedCode(
  { jobs, workflows }: Pick<WorkerApplication, 'jobs' | 'workflows'>,
  config: WorkerConfig,
  deps: { encryption: PayloadEncryption | undefined; logger: Logger; signal: AbortSignal },
): Promise<WorkflowCode | undefined> {
  const { encryption, logger, signal } = deps;
  const encrypted = encryption !== undefined;
  const code = workflowCode(workflows, { production: config.NODE_ENV === 'production', encrypted });
  if (!config.WORKER_TASK_QUEUES.includes(libraryQueues.jobs)) return code;
  const ready = await bundled(code, encrypted);
  const version = versionOf(config);
  const buildId = version?.buildId ?? ready.buildId;
  await checkOpenJobs(config, logger, { ...ready, version, buildId, encryption, types: jobs.types, signal });
  if (signal.aborted) return undefined;
  return version ? { workflowBundle: await versionedBundle(ready.workflowBundle, jobs.all) } : ready;
}

async function checkOpenJobs(
  config: WorkerConfig,
  logger: Logger,
  {
    version,
    ...on
  }: Pick<ReplayBeforeStart, 'workflowBundle' | 'buildId' | 'encryption' | 'types' | 'signal'> & {
    version: WorkerDeploymentVersion | undefined;
  },
): Promise<void> {
  const { temporal } = config;
  // Histories are read as stored; the replay decrypts them.
  const { client, close } = createTemporalClient(temporal, `replay:${process.pid}`, undefined);
  try {
    await replayBeforeStart(
      {
        ...on,
        client,
        namespace: temporal.namespace,
        taskQueue: libraryQueues.jobs,
        own: version && { version, state: await stateOf(client, version, { logger, signal: on.signal }) },
      },
      { policy: replayPolicyOf(config), logger },
    );
  } finally {
    await close();
  }
}

async function stateOf(
  client: Client,
  version: WorkerDeploymentVersion,
  { logger, signal }: { logger: Logger; signal: AbortSignal | undefined },
): Promise<OwnVersion['state']> {
  for (let attempt = 1; ; attempt++) {
    try {
      const states = await client.withDeadline(Date.now() + ENGINE_CALL_MS, () =>
        readVersionStates(client, version.deploymentName),
      );
      return states?.get(version.buildId) ?? 'inactive';
    } catch (error) {
      logger.warn({ err: error, attempt }, 'the versions of the workers could not be read');
      if (attempt === STATE_ATTEMPTS || signal?.aborted) return 'unknown';
    }
  }
}
