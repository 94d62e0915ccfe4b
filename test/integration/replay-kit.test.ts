import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Client } from '@temporalio/client';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import {
  downloadHistories,
  type DownloadOptions,
} from '../../packages/durable-jobs/src/testing/replay/download-histories.ts';
import { recordHistory } from '../../packages/durable-jobs/src/testing/replay/record-history.ts';
import { replayHistories } from '../../packages/durable-jobs/src/testing/replay/replay-histories.ts';
import { collectingLogger, type LogLine } from '../../packages/durable-jobs/src/testing/log-lines.ts';
import { Condition } from '../../packages/durable-jobs/src/engine/visibility-query.ts';
import type { HistoryEvent } from '../../packages/durable-jobs/src/jobs/run-state/history.ts';
import { pauseJobSignal, resumeJobSignal } from '../../packages/durable-jobs/src/jobs/signals.ts';
import {
  completedTasks,
  isCompletedTask,
} from '../../packages/durable-jobs/src/worker/replay/completed-tasks.ts';
import { listRuns } from '../../packages/durable-jobs/src/worker/replay/list-runs.ts';
import type { OpenRun } from '../../packages/durable-jobs/src/worker/replay/choose-sample.ts';
import { findOpenRuns } from '../../packages/durable-jobs/src/worker/replay/find-open-runs.ts';
import { replayBeforeStart } from '../../packages/durable-jobs/src/worker/replay/replay-before-start.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const RUNS = 5;

const count = defineJob({
  type: 'count',
  input: z.strictObject({ number: z.int() }),
  key: ({ number }) => String(number),
  run: ({ number }) => Promise.resolve({ number }),
});
const open = defineJob({
  input: count.input,
  startPolicy: 'once',
  type: 'waitForIt',
  key: ({ number }) => String(number),
  retry: { initialInterval: '1h' },
  run: () => Promise.reject(new Error('away')),
});
const service = useService({ jobs: [count, open] });

beforeAll(async () => {
  for (const job of [count, open]) {
    for (let number = 1; number <= RUNS; number++) {
      const entry = await service.db.transaction().execute((trx) => enqueueStart(trx, job, { number }));
      await service.dispatcher.dispatch(entry);
      await jobWithStatus(service, entry.jobId, job === open ? 'retrying' : 'completed');
    }
  }
  await eventually(async () => {
    const query = `WorkflowType IN ('count', 'waitForIt')`;
    expect((await service.client.workflow.count(query)).count).toBe(2 * RUNS);
    const open = `${query} AND ExecutionStatus = 'Running'`;
    expect((await service.client.workflow.count(open)).count).toBe(RUNS);
  });
});

async function download(options: Omit<DownloadOptions, 'client'>): Promise<string[]> {
  const ids = [];
  for await (const { workflowId } of downloadHistories({ ...options, client: service.client })) {
    ids.push(workflowId);
  }
  return ids;
}

describe('histories of a namespace', () => {
  const types = ['count', 'waitForIt'];

  it.each<[string, Omit<DownloadOptions, 'client'>, string[]]>([
    ['all of a type', { types: ['count'] }, ['count:5', 'count:4', 'count:3', 'count:2', 'count:1']],
    [
      'a sample of each type, the newest and the oldest among them',
      { types, sample: 2 },
      ['count:5', 'count:1', 'wait-for-it:5', 'wait-for-it:1'],
    ],
    ['the newest', { types, sample: 1 }, ['count:5', 'wait-for-it:5']],
    ['open ones alone', { types, sample: 3, open: true }, [5, 3, 1].map((n) => `wait-for-it:${n}`)],
    ['none of a type that has none', { types: ['nothing'] }, []],
  ])('are downloaded: %s', async (_what, options, ids) => {
    expect(await download(options)).toEqual(ids);
  });

  it('are not downloaded by a sample that is none', async () => {
    await expect(download({ types, sample: 0 })).rejects.toThrow('sample');
  });

  it('replay on the code that runs jobs of one function, as they come and from a file', async () => {
    const histories = downloadHistories({ client: service.client, types, sample: 2 });
    const names: string[] = [];
    const replayed = await replayHistories({ histories, onReplayed: ({ name }) => names.push(name) });
    expect(replayed.map(({ type, failure }) => [type, failure])).toEqual([
      ['count', null],
      ['count', null],
      ['waitForIt', null],
      ['waitForIt', null],
    ]);
    expect(names).toEqual(replayed.map(({ name }) => name));

    const folder = await mkdtemp(join(tmpdir(), 'recorded-'));
    const file = join(folder, 'new', 'count.first.json');
    await recordHistory('count:1', { client: service.client, file });
    const recorded = await readFile(file, 'utf8');
    expect(recorded).toContain('"identity": "recorder"');
    const changed = join(folder, 'new', 'count.other.json');
    // As if the code had called another activity at that time.
    await writeFile(changed, recorded.replace('"name": "count"', '"name": "discount"'));
    const fromFolder = await replayHistories({ histories: join(folder, 'new') });
    expect(fromFolder).toMatchObject([
      { name: 'count.first.json', workflowId: 'count:1', type: 'count', failure: null },
      { name: 'count.other.json', failure: { kind: 'nondeterministic' } },
    ]);
  });
});

/** A client's calls with one that is replaced. */
function withCall<T extends object>(calls: T, replaced: object): T {
  return new Proxy(calls, {
    get: (target, name) => Reflect.get(Object.hasOwn(replaced, name) ? replaced : target, name) as unknown,
  });
}

describe('open jobs', () => {
  const search = { taskQueue: 'jobs', types: ['count', 'waitForIt'] };
  const numbers = (runs: readonly { workflowId: string }[]): (string | undefined)[] =>
    runs.map(({ workflowId }) => workflowId.split(':')[1]);

  const found = async (...search: Parameters<typeof findOpenRuns>): Promise<OpenRun[]> => {
    const all: OpenRun[] = [];
    for await (const { runs } of findOpenRuns(...search)) all.push(...runs);
    return all;
  };

  it('are found, all of few, and the newest of many before those of each type', async () => {
    const { client } = service;
    expect(numbers(await found({ client, ...search }, 2))).toEqual(['5', '4', '3', '2', '1']);
    // The newest of all types, and then those of each type: the newest, and others that depend on the time between the starts.
    const some = numbers(await found({ client, ...search }, 2, { pageSize: 3 }));
    expect(some.slice(0, 3)).toEqual(['5', '4', '3']);
    const ofTheType = some.slice(3);
    expect(ofTheType[0]).toBe('5');
    expect(ofTheType.length).toBeGreaterThanOrEqual(2);
    expect(new Set(ofTheType).size).toBe(ofTheType.length);
    // A page of the engine is one of several.
    const { runs, hasMore } = await listRuns(client, Condition.isOneOf('WorkflowType', ['waitForIt']), 4, 3);
    expect([numbers(runs), hasMore]).toEqual([['5', '4', '3', '2'], true]);
  });

  it('replay before a worker starts that has the same code', async () => {
    const lines: LogLine[] = [];
    const workflowBundle = { codePath: inject('workflowBundlePath') };
    await replayBeforeStart(
      { client: service.client, ...search, workflowBundle, buildId: '' },
      { policy: 'refuse', logger: collectingLogger(lines), timeMs: 600_000 },
    );
    expect(lines).toMatchObject([{ level: 'info', fields: { replayed: RUNS, types: 1 } }]);
  });

  it('replay although the history of one cannot be read, which is a warning', async () => {
    const { client } = service;
    const { workflowService } = client;
    const read = workflowService.getWorkflowExecutionHistory.bind(workflowService);
    const getWorkflowExecutionHistory = (request: Parameters<typeof read>[0]) =>
      request.execution?.workflowId === 'wait-for-it:3'
        ? Promise.reject(new Error('the history is corrupted'))
        : read(request);
    const faulty = Object.create(client, {
      workflowService: {
        value: withCall(workflowService, { getWorkflowExecutionHistory }),
      },
    }) as Client;
    const lines: LogLine[] = [];
    await replayBeforeStart(
      { client: faulty, ...search, workflowBundle: { codePath: inject('workflowBundlePath') }, buildId: '' },
      { policy: 'refuse', logger: collectingLogger(lines), timeMs: 600_000 },
    );
    expect(lines).toMatchObject([
      {
        level: 'warn',
        fields: { jobId: 'wait-for-it:3', reason: 'its history could not be read: the history is corrupted' },
      },
      { level: 'info', fields: { replayed: RUNS - 1 } },
    ]);
  });

  it('replay wherever the history of a job ends that was paused, and begins with a local activity when it is resumed', async () => {
    const { client } = service;
    const job = await client.workflow.signalWithStart('count', {
      taskQueue: 'jobs',
      workflowId: 'count:paused',
      args: [{ number: 6 }],
      signal: pauseJobSignal,
      signalArgs: [{}],
    });
    const events = async (): Promise<HistoryEvent[]> => (await job.fetchHistory()).events ?? [];
    await eventually(async () => expect((await events()).some(isCompletedTask)).toBe(true));
    await job.signal(resumeJobSignal);
    await job.result();

    const all = await events();
    const ends = all
      .map((_, index) => completedTasks(all.slice(0, index + 1)))
      .filter(({ length }) => length);
    const lengths = [...new Set(ends.map(({ length }) => length))];
    expect(lengths.length).toBeGreaterThan(2);
    const replayed = await replayHistories({
      histories: (async function* () {
        for (const length of lengths) {
          const history = { events: all.slice(0, length) };
          yield await Promise.resolve({ name: String(length), workflowId: 'count:paused', history });
        }
      })(),
    });
    expect(replayed.map(({ name, failure }) => [name, failure])).toEqual(
      lengths.map((length) => [String(length), null]),
    );
  });
});
