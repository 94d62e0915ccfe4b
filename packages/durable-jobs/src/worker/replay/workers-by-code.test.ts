import type { Client } from '@temporalio/client';
import { expect, it } from 'vitest';
import { workersByCode } from './workers-by-code.ts';

it('the workers of a queue are those that have polled lately and can still run, by their code', async () => {
  const nowS = Math.floor(Date.now() / 1_000);
  const poller = (identity: string, { buildId = 'other', agoS = 1 } = {}) => ({
    identity,
    workerVersionCapabilities: { buildId },
    lastAccessTime: { seconds: nowS - agoS },
  });
  const client = {
    options: { namespace: 'default' },
    withDeadline: (_deadline: unknown, act: () => Promise<unknown>) => act(),
    workflowService: {
      describeTaskQueue: () =>
        Promise.resolve({
          pollers: [
            poller('7@a'),
            poller('a name of its own', { agoS: 10 }),
            { identity: '9@of-an-older-sdk', lastAccessTime: { seconds: nowS } },
            poller('7@same-code', { buildId: 'mine' }),
            poller('7@silent', { agoS: 120 }),
            poller('8@silent', { buildId: 'mine', agoS: 120 }),
            poller('1@here'),
            poller('2@here'),
          ],
        }),
    },
  } as unknown as Client;
  const own = { buildId: 'mine', host: 'here', isOtherProcess: (pid: number) => pid === 2 };
  expect(await workersByCode(client, 'jobs', own)).toEqual({
    other: ['7@a', 'a name of its own', '9@of-an-older-sdk', '2@here'],
    same: ['7@same-code'],
  });
});
