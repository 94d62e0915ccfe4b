import type { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { collectingLogger, type LogLine } from '../../testing/log-lines.ts';
import { replayBeforeStart } from './replay-before-start.ts';

/** Starts with an engine whose list of open runs is this. */
async function start(list: () => Promise<unknown>, policy: 'refuse' | 'off' = 'refuse'): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  const client = {
    options: { namespace: 'default' },
    withDeadline: (_deadline: unknown, act: () => Promise<unknown>) => act(),
    workflowService: { listWorkflowExecutions: list },
  } as unknown as Client;
  await replayBeforeStart(
    { client, taskQueue: 'jobs', types: ['processOrder'], workflowBundle: { code: '' } },
    { policy, logger: collectingLogger(lines), timeMs: 100 },
  );
  return lines;
}

describe('a worker starts', () => {
  it.each([
    ['cannot list open jobs', () => Promise.reject(new Error('14 UNAVAILABLE'))],
    ['does not respond', () => new Promise(() => undefined)],
  ])('with a warning if the engine %s', async (_what, list) => {
    expect((await start(list)).map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('without a warning if no job is open', async () => {
    const list = (): Promise<unknown> => Promise.resolve({ executions: [], nextPageToken: new Uint8Array() });
    expect(await start(list)).toMatchObject([{ level: 'info', fields: { replayed: 0 } }]);
  });

  it('without a look at open jobs, if it is not to check them', async () => {
    expect(await start(() => Promise.reject(new Error('never called')), 'off')).toEqual([]);
  });
});
