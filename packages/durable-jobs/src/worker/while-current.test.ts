import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { whileCurrent } from './while-current.ts';

const { WorkerDeploymentVersionStatus: Status } = proto.temporal.api.enums.v1;

const logger = pino({ level: 'silent' });
const first = { deploymentName: 'letters', buildId: 'first' };

const absent = Object.assign(new Error('Worker Deployment not found'), { code: 5 });

/** An engine that returns one state of the version after another, or fails; without a response for `undefined`. */
function engine(
  ...states: (proto.temporal.api.enums.v1.WorkerDeploymentVersionStatus | Error | undefined)[]
): {
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
        if (status instanceof Error) return Promise.reject(status);
        return Promise.resolve({
          workerDeploymentInfo: { versionSummaries: [{ deploymentVersion: first, status }] },
        });
      },
    },
  } as unknown as Client;
  return { client, read: () => reads };
}

const { signal } = new AbortController();

it('runs each time that the version becomes current, until another one does, also while the engine does not respond', async () => {
  const { client } = engine(
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE,
    undefined,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT,
    undefined,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING,
    Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT,
  );
  const stopping = new AbortController();
  const periods: AbortSignal[] = [];
  const work = (period: AbortSignal): Promise<void> => {
    periods.push(period);
    if (periods.length === 2) stopping.abort();
    // It may end before.
    return Promise.resolve();
  };
  const noted = vi.fn();
  await whileCurrent({ client, logger }, { version: first, work, noted, checkMs: 1 }, stopping.signal);
  expect(periods.map(({ aborted }) => aborted)).toEqual([true, true]);
  expect(noted.mock.calls.flat().slice(0, 5)).toEqual([
    'inactive',
    'ramping',
    'current',
    'current',
    'draining',
  ]);
});

it('goes on although the engine says for a moment that there is no such version', async () => {
  const current = Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT;
  const { client, read } = engine(current, absent, current, absent, absent, current, current);
  const stopping = new AbortController();
  const periods: AbortSignal[] = [];
  const work = (period: AbortSignal): Promise<void> => Promise.resolve(void periods.push(period));
  const noted = vi.fn();
  const running = whileCurrent(
    { client, logger },
    { version: first, work, noted, checkMs: 1 },
    stopping.signal,
  );
  await vi.waitFor(() => expect(read()).toBeGreaterThanOrEqual(7), 10_000);
  expect(periods.map(({ aborted }) => aborted)).toEqual([false]);
  stopping.abort();
  await running;
  expect(noted.mock.calls.flat()).not.toContain(undefined);
});

it('does not run while the version is not current', async () => {
  const { client, read } = engine(
    ...Array.from({ length: 5 }, () => Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED),
  );
  const stopping = new AbortController();
  const work = (): Promise<void> => Promise.reject(new Error('must not run'));
  const running = whileCurrent({ client, logger }, { version: first, work, checkMs: 1 }, stopping.signal);
  await vi.waitFor(() => expect(read()).toBeGreaterThanOrEqual(5));
  stopping.abort();
  await running;
});

it('reports a failure, although the version is still current', async () => {
  const { client } = engine(Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT);
  const work = (): Promise<void> => Promise.reject(new Error('refused'));
  await expect(
    whileCurrent({ client, logger }, { version: first, work, checkMs: 1 }, signal),
  ).rejects.toThrow('refused');
});

it('runs at once without a version, and not at all for a worker that is stopping', async () => {
  const { client, read } = engine();
  const given: AbortSignal[] = [];
  const work = (period: AbortSignal): Promise<void> => Promise.resolve(void given.push(period));
  await whileCurrent({ client, logger }, { version: undefined, work }, signal);
  await whileCurrent({ client, logger }, { version: first, work }, AbortSignal.abort());
  expect(given).toEqual([signal]);
  expect(read()).toBe(0);
});
