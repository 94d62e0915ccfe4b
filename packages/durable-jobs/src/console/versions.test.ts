import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { expect, it } from 'vitest';
import { readDeployments } from '../engine/deployments.ts';
import { presentQueues, queuesJson } from './queue-json.ts';
import { versionsPart } from './versions.ts';

const { WorkerDeploymentVersionStatus: Status } = proto.temporal.api.enums.v1;

const at = (seconds: number): { seconds: number } => ({ seconds });

/** An engine with a deployment that has a drained, a current and a ramping version, the current one with open jobs. */
const client = {
  options: { namespace: 'default' },
  workflow: {
    count: (query: string) => Promise.resolve({ count: query.includes('shop:second') ? 3 : 0 }),
  },
  workflowService: {
    listWorkerDeployments: () =>
      Promise.resolve({ workerDeployments: [{ name: 'shop' }], nextPageToken: new Uint8Array() }),
    describeWorkerDeployment: () =>
      Promise.resolve({
        workerDeploymentInfo: {
          versionSummaries: [
            {
              deploymentVersion: { deploymentName: 'shop', buildId: 'first' },
              status: Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED,
              createTime: at(1_700_000_000),
              drainageInfo: { lastChangedTime: at(1_700_000_600) },
            },
            {
              deploymentVersion: { deploymentName: 'shop', buildId: 'second' },
              status: Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT,
              createTime: at(1_700_000_100),
            },
            {
              deploymentVersion: { deploymentName: 'shop', buildId: 'third' },
              status: Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING,
              createTime: at(1_700_000_200),
            },
          ],
          routingConfig: { rampingVersionPercentage: 10 },
        },
      }),
  },
} as unknown as Client;

it('the page of queues shows each version of the workers with its state and its jobs', async () => {
  const page = String(await versionsPart(client).render());
  const rows = page.split('<tr').slice(2);
  expect(rows.map((row) => row.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' '))).toEqual([
    expect.stringMatching(/third shop .*ramping.* 10 %.* 0 .*0 /),
    expect.stringMatching(/second shop .*current.* 3 .*3 /),
    expect.stringMatching(/first shop .*drained.* since .* 0 .*0 /),
  ]);
});

it('the API returns the versions of the workers, newest first', async () => {
  const { deployments } = queuesJson.parse(presentQueues([], [], await readDeployments(client)));
  expect(deployments?.[0]?.versions).toMatchObject([
    { buildId: 'third', state: 'ramping', rampPercent: 10, drainedAt: null },
    { buildId: 'second', state: 'current', rampPercent: null, pinnedJobs: 3, movingJobs: 3 },
    {
      buildId: 'first',
      state: 'drained',
      createdAt: '2023-11-14T22:13:20.000Z',
      drainedAt: '2023-11-14T22:23:20.000Z',
    },
  ]);
});

it('the API says that the versions cannot be read', () => {
  expect(queuesJson.parse(presentQueues([], [], null)).deployments).toBeNull();
});
