/**
 * `npm run bench:endurance -- --minutes 60`: a mixed load that uses 70 % of the machine's processor time, and samples of memory, handles, tables,
 * histories and latency. Writes them with charts into bench/results/endurance, and exits with 0 if all that was accepted took effect once.
 * Linux only.
 */
import './folder.ts';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { PAYMENT_SANDBOX } from '../local/payment-sandbox.ts';
import { projectRoot } from '../local/paths.ts';
import { outputOf, runTask } from '../packages/durable-jobs/src/dev/executables.ts';
import type { StackInfo } from '../packages/durable-jobs/src/dev/stack-file.ts';
import { onStopRequest } from '../packages/durable-jobs/src/dev/stop-request.ts';
import { StoppedError, waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';
import { readCounts } from './arguments.ts';
import { findWrong } from './endurance/find-wrong.ts';
import { startMixedLoad, type AcceptedCounts, type MixedLoad } from './endurance/load.ts';
import { changesOf, writeEndurance, type Sample } from './endurance/report.ts';
import {
  readDatabase,
  readHistories,
  readLatencies,
  readProcesses,
  readTables,
  timesOf,
  type Sources,
} from './endurance/sample.ts';
import { busySeconds } from './load.ts';
import { machine } from './machine.ts';
import type { Reading } from './part.ts';
import { startBenchStack, type BenchStack } from './stack.ts';

/** How often the rate is adjusted until the load is steady, and for how long. */
const ADJUST_MS = 15_000;
const ADJUSTMENTS = 12;
const FIRST_RATE = 3;
/** Between two samples. */
const SAMPLE_MS = 20_000;
/** Password resets are sent five minutes after their request. */
const SETTLE_MS = 900_000;
const JOB_TYPES = ['processOrder', 'sendWelcomeEmail', 'sendPasswordReset', 'processBulk', 'deleteExpired'];

/** The figures that show how it goes meanwhile. */
const SHOWN = [
  'busy, %',
  'api MiB',
  'worker MiB',
  'temporal MiB',
  'email p95',
  'receipt p95',
  'work item p95',
] as const;

process.exit(await main());

async function main(): Promise<number> {
  const { minutes, percent } = readCounts('bench:endurance', { minutes: 60, percent: 70 });
  const stopping = new AbortController();
  onStopRequest((reason) => stopping.abort(new StoppedError(`stopped (${reason})`)));
  const { signal } = stopping;
  let stack: BenchStack | undefined;
  try {
    console.log('Building (npm run build).');
    await runTask('npm', ['run', 'build'], { cwd: projectRoot, timeoutMs: 900_000, signal });
    stack = await startBenchStack({
      env: {
        LOG_LEVEL: 'warn',
        PUBLIC_RATE_LIMIT_PER_MINUTE: '1000000',
        PAYMENTS_PER_SECOND: '1000',
      },
      built: true,
      // As in production. A list of the development server reads all runs, so each takes longer the longer the load lasts.
      engine: 'postgres-4',
      signal,
      died: (problem) => stopping.abort(new Error(problem)),
    });
    return await run(stack.info(), { minutes, share: percent / 100, signal });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await stack?.stop();
  }
}

async function run(
  info: StackInfo,
  { minutes, share, signal }: { minutes: number; share: number; signal: AbortSignal },
): Promise<number> {
  const database = new pg.Client({ connectionString: info.urls.database });
  await database.connect();
  const connection = await Connection.connect({ address: info.urls.temporalAddress });
  try {
    const sources = { info, database, client: new Client({ connection }) };
    const load = await startMixedLoad(info, FIRST_RATE);
    const steady = await findRate(load, share, signal);
    const startedAt = new Date().toISOString();
    const first = await readTables(database);
    const samples = await takeSamples(sources, load, minutes, signal);
    const last = await readTables(database);
    console.log('Waiting until all is done.');
    await load.stop();
    const wrong = await untilDone(info, database, load.accepted, signal);
    const commit = await outputOf('git', ['-C', projectRoot, 'rev-parse', '--short', 'HEAD']);
    const folder = join(projectRoot, 'bench/results/endurance');
    const results = [
      `Accepted: ${Object.entries(load.accepted)
        .map(([kind, count]) => `${count.toLocaleString('en')} ${kind}`)
        .join(', ')}.`,
      `Not sent because too many requests were under way: ${load.leftOut}.`,
      `Refused and repeated: ${[...load.refusals].map(([what, times]) => `${times} × ${what}`).join('; ') || 'none'}.`,
      `Lost, done twice, or not done: ${wrong.join('; ') || 'nothing'}.`,
    ];
    writeEndurance(folder, {
      startedAt,
      machine: machine(),
      commit: commit?.trim() ?? 'unknown',
      ...steady,
      samples,
      results,
      tables: { first, last },
    });
    for (const line of results) console.log(line);
    console.table(changesOf(samples));
    console.log(`Written to ${folder}`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await connection.close();
    await database.end();
  }
}

/** Adjusts the rate of the load until it uses the given share of the machine's processor time. */
async function findRate(
  load: MixedLoad,
  share: number,
  signal: AbortSignal,
): Promise<{ unitsPerSecond: number; busyShare: number }> {
  let unitsPerSecond = FIRST_RATE;
  let busyShare = 0;
  for (let adjustment = 1; adjustment <= ADJUSTMENTS; adjustment++) {
    const begin = performance.now();
    const before = busySeconds();
    await delay(ADJUST_MS, undefined, { signal });
    const seconds = (performance.now() - begin) / 1_000;
    busyShare = (busySeconds() - before) / seconds / availableParallelism();
    console.log(`${unitsPerSecond.toFixed(2)} units per second use ${(busyShare * 100).toFixed(0)} %`);
    if (adjustment === ADJUSTMENTS) break;
    unitsPerSecond *= Math.min(1.5, Math.max(0.6, share / busyShare));
    load.setRate(unitsPerSecond);
  }
  load.takeOrderTimes();
  return { unitsPerSecond, busyShare };
}

async function takeSamples(
  { info, database, client }: Sources,
  load: MixedLoad,
  minutes: number,
  signal: AbortSignal,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const begin = performance.now();
  for (let number = 1; number * SAMPLE_MS <= minutes * 60_000; number++) {
    const busyBefore = busySeconds();
    const since = performance.now();
    await delay(Math.max(0, begin + number * SAMPLE_MS - since), undefined, { signal });
    const seconds = (performance.now() - since) / 1_000;
    const rows = await readDatabase(database);
    const dead = rows['dead rows'] ?? NaN;
    const reading: Reading = {
      'busy, %': ((busySeconds() - busyBefore) / seconds / availableParallelism()) * 100,
      ...readProcesses(info),
      ...rows,
      'dead rows, %': (dead / (dead + (rows['live rows'] ?? NaN))) * 100,
      ...timesOf('order accepted', load.takeOrderTimes()),
      ...(await readLatencies(database, SAMPLE_MS / 1_000)),
      ...(await readHistories(client, JOB_TYPES)),
    };
    samples.push({ minutes: (performance.now() - begin) / 60_000, reading });
    console.log(SHOWN.map((key) => `${key} ${(reading[key] ?? NaN).toFixed(0)}`).join(', '));
  }
  return samples;
}

/** Waits until all that was accepted is done. Returns what is wrong, as sentences. */
async function untilDone(
  info: StackInfo,
  database: pg.Client,
  accepted: AcceptedCounts,
  signal: AbortSignal,
): Promise<string[]> {
  let wrong: string[] = [];
  await waitUntil(
    async () => {
      wrong = await findWrong(database, info.ownUrls[PAYMENT_SANDBOX] ?? '', accepted);
      return wrong.length === 0;
    },
    { what: 'not everything is done', timeoutMs: SETTLE_MS, intervalMs: 5_000, signal },
  ).catch((error: unknown) => console.error(error instanceof Error ? error.message : error));
  return wrong;
}
