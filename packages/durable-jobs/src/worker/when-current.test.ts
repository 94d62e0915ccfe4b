import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { whenCurrent } from './when-current.ts';

const { WorkerDeploymentVersionStatus: Status } = proto.temporal.api.enums.v1;

const logger = pino({ level: 'silent' });
const first = { deploymentName: 'letters', buildId: 'first' };

/** An engine that returns one state of the version after another; an error for `undefined`. */
function engine(...states: (proto.temporal.api.enums.v1.WorkerDeploymentVersionStatus | undefined)[]): {
  client: Client;
  read: () => number;
} {
  let reads = 0;
  const client = {
    options: { namespace: 'default' },
    withDeadline: (_deadline: number, call: () => unknown) => call(),
    workflowService: {
      describeWorkerDeployment: () => {
        const status = states[reads++];
        if (status === undefined) return Promise.reject(new Error('no response'));
        return Promise.resolve({
          workerDeploymentInfo: { versionSummaries: [{ deploymentVersion: first, status }] },
        });
      },
    },
  } as unknown as Client;
  return { client, read: () => reads };
}

it('a version waits until it is current, also while the engine does not respond', async () => {
  const { client, read } = engine(
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE,
    undefined,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT,
  );
  const { signal } = new AbortController();
  expect(await whenCurrent({ client, logger }, first, signal, { checkMs: 1 })).toBe(true);
  expect(read()).toBe(4);
});

it('a worker without a version does not wait, and a stopping one no longer', async () => {
  const { client, read } = engine();
  expect(await whenCurrent({ client, logger }, undefined, new AbortController().signal)).toBe(true);
  expect(await whenCurrent({ client, logger }, first, AbortSignal.abort())).toBe(false);
  expect(read()).toBe(0);
});
