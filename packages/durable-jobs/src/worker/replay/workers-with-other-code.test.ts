import type { Client } from '@temporalio/client';
import { expect, it } from 'vitest';
import { workersWithOtherCode } from './workers-with-other-code.ts';

const NOW_S = Math.floor(Date.now() / 1_000);

it('workers that run other code are those that have polled lately and can still run', async () => {
  const poller = (identity: string, { buildId = 'other', agoS = 1 } = {}) => ({
    identity,
    workerVersionCapabilities: { buildId },
    lastAccessTime: { seconds: NOW_S - agoS },
  });
  const client = {
    options: { namespace: 'default' },
    withDeadline: (_deadline: unknown, act: () => Promise<unknown>) => act(),
    workflowService: {
      describeTaskQueue: () =>
        Promise.resolve({
          pollers: [
            poller('7@a'),
            poller('a name of its own', { agoS: 60 }),
            { identity: '9@of-an-older-sdk', lastAccessTime: { seconds: NOW_S } },
            poller('7@same-code', { buildId: 'mine' }),
            poller('7@silent', { agoS: 120 }),
            poller('1@here'),
            poller('2@here'),
          ],
        }),
    },
  } as unknown as Client;
  const own = { buildId: 'mine', host: 'here', isOtherProcess: (pid: number) => pid === 2 };
  expect(await workersWithOtherCode(client, 'jobs', own)).toEqual([
    '7@a',
    'a name of its own',
    '9@of-an-older-sdk',
    '2@here',
  ]);
});
