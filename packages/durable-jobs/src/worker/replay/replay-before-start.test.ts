import type { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { collectingLogger, type LogLine } from '../../testing/log-lines.ts';
import { replayBeforeStart } from './replay-before-start.ts';

/** Starts with an engine whose list of open runs is this. */
async function start(
  list: () => Promise<unknown>,
  options: { policy?: 'refuse' | 'off'; timeMs?: number; signal?: AbortSignal } = {},
): Promise<LogLine[]> {
  const { policy = 'refuse', timeMs = 3_600_000, signal = new AbortController().signal } = options;
  const lines: LogLine[] = [];
  const client = {
    options: { namespace: 'default' },
    withDeadline: (_deadline: unknown, act: () => Promise<unknown>) => act(),
    withAbortSignal: (_signal: unknown, act: () => Promise<unknown>) => act(),
    workflowService: { listWorkflowExecutions: list },
  } as unknown as Client;
  await replayBeforeStart(
    { client, taskQueue: 'jobs', types: ['processOrder'], workflowBundle: { code: '' }, buildId: '', signal },
    { policy, logger: collectingLogger(lines), timeMs },
  );
  return lines;
}

describe('a worker starts', () => {
  it.each([
    ['cannot list open jobs', () => Promise.reject(new Error('14 UNAVAILABLE'))],
    ['does not respond', () => new Promise(() => undefined)],
  ])('with a warning if the engine %s', async (_what, list) => {
    expect((await start(list, { timeMs: 100 })).map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('without a warning if no job is open', async () => {
    const list = (): Promise<unknown> => Promise.resolve({ executions: [], nextPageToken: new Uint8Array() });
    expect(await start(list)).toMatchObject([{ level: 'info', fields: { replayed: 0 } }]);
  });

  it.each([
    ['during the check', false],
    ['before it', true],
  ])('no longer, and says nothing, if it is stopped %s', async (_when, isStopped) => {
    const stopping = new AbortController();
    if (isStopped) stopping.abort();
    const list = (): Promise<never> => {
      stopping.abort();
      return new Promise(() => undefined);
    };
    // It would wait for an hour otherwise.
    expect(await start(list, { signal: stopping.signal })).toEqual([]);
  });

  it('without a look at open jobs, if it is not to check them', async () => {
    expect(await start(() => Promise.reject(new Error('never called')), { policy: 'off' })).toEqual([]);
  });
});
