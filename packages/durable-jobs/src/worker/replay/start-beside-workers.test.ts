import type { Client } from '@temporalio/client';
import { beforeEach, expect, it, vi } from 'vitest';
import { collectingLogger, type LogLine } from '../../testing/log-lines.ts';
import type { ReplayPolicy } from '../../config/replay-policy.ts';
import { replayBeforeStart } from './replay-before-start.ts';
import type { ReplayedJob } from './replay-open-jobs.ts';
import { DOES_NOT_REPLAY } from './verdict.ts';
import { workersByCode } from './workers-by-code.ts';

const broken: ReplayedJob = {
  workflowId: 'process-order:o1',
  runId: 'r1',
  type: 'processOrder',
  startedAt: 0,
  failure: { kind: 'nondeterministic', message: 'No command' },
  stuckSince: undefined,
};

vi.mock('./replay-open-jobs.ts', () => ({
  replayOpenJobs: async function* () {
    yield await Promise.resolve(broken);
  },
}));
vi.mock('./workers-by-code.ts');

const workers = vi.mocked(workersByCode);
beforeEach(() => workers.mockReset());

/** Starts a worker whose code does not replay an open job, and returns the last error that it logs. */
async function start(policy: ReplayPolicy = 'refuse'): Promise<string | undefined> {
  const lines: LogLine[] = [];
  const act = (_limit: unknown, call: () => Promise<unknown>): Promise<unknown> => call();
  const client = { withDeadline: act, withAbortSignal: act } as unknown as Client;
  const on = {
    client,
    taskQueue: 'jobs',
    types: ['processOrder'],
    workflowBundle: { code: '' },
    buildId: 'b1',
  };
  await replayBeforeStart(on, { policy, logger: collectingLogger(lines), timeMs: 3_600_000 });
  return lines.findLast(({ level }) => level !== 'info')?.message;
}

it('a worker whose code does not replay a job is refused beside workers with other code alone', async () => {
  workers.mockResolvedValue({ other: ['1@a'], same: [] });
  await expect(start()).rejects.toMatchObject({ exitCode: DOES_NOT_REPLAY });
});

it('it starts beside workers with the same code, with and without others', async () => {
  for (const other of [['1@a'], []]) {
    workers.mockResolvedValue({ other, same: ['2@b'] });
    expect(await start()).toContain('the worker starts although open jobs do not replay');
  }
});

it('it says why it starts', async () => {
  workers.mockResolvedValue({ other: ['1@a'], same: ['2@b'] });
  expect(await start()).toContain('because workers with the same code run them already');
  workers.mockResolvedValue({ other: [], same: [] });
  expect(await start()).toContain('because no worker with other code runs them');
  expect(workers).toHaveBeenLastCalledWith(expect.anything(), 'jobs', { buildId: 'b1' });
  expect(await start('warn')).toContain('as WORKER_REPLAY permits');
});
