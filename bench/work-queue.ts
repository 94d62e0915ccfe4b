/**
 * `npm run bench:work-queue`: processes backlogs of stock adjustments on a separate stack, with one worker or several, then single items with
 * pauses between them, and prints the items per second and the time per item. Exits with 0 if each was done exactly once.
 */
import { formatCount, formatDuration } from 'durable-jobs/values';
import './folder.ts';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { onStopRequest } from '../packages/durable-jobs/src/dev/stop-request.ts';
import { StoppedError } from '../packages/durable-jobs/src/dev/wait.ts';
import { readCounts } from './arguments.ts';
import { cpuSeconds } from './cpu.ts';
import { median } from './figures.ts';
import { machine } from './machine.ts';
import { startBenchStack, type BenchStack } from './stack.ts';
import { addStockLevels, enqueueItems, untilItemsDone } from './work-items.ts';

const DEFAULT_ITEMS = 10_000;
const DEFAULT_SINGLES = 300;

process.exit(await main());

interface Options {
  items: number;
  singles: number;
  concurrency: number;
  workers: number;
  rounds: number;
}

async function main(): Promise<number> {
  const options = readCounts('bench:work-queue', {
    items: DEFAULT_ITEMS,
    singles: DEFAULT_SINGLES,
    concurrency: 5,
    workers: 1,
    rounds: 3,
  });
  const stopping = new AbortController();
  onStopRequest((reason) => stopping.abort(new StoppedError(`stopped (${reason})`)));
  let stop: (() => Promise<void>) | undefined;
  try {
    const stack = await startBenchStack({
      env: {
        LOG_LEVEL: 'warn',
        WORK_QUEUE_CONCURRENCY: String(options.concurrency),
        DATABASE_POOL_SIZE: String(options.concurrency + 5),
      },
      signal: stopping.signal,
      died: (problem) => stopping.abort(new Error(problem)),
    });
    stop = stack.stop;
    return await measure(stack, options, stopping.signal);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await stop?.();
  }
}

async function measure(stack: BenchStack, options: Options, signal: AbortSignal): Promise<number> {
  const { items, singles, concurrency, rounds } = options;
  const { urls, processes } = stack.info();
  const workers = [processes.worker ?? 0];
  while (workers.length < options.workers) workers.push((await stack.addWorker()).pid);
  const database = processes.postgres ?? 0;
  const client = new pg.Client({ connectionString: urls.database });
  await client.connect();
  try {
    await addStockLevels(client);
    // The service has begun once it has done one.
    await enqueueItems(client, 1);
    await untilItemsDone(client, signal);

    console.log(
      `\n${rounds} × ${formatCount(items)} items, ${workers.length} workers with ${concurrency} slots each, on ${machine()}`,
    );
    const cpuOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
    const rates: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const [workersBefore, databaseBefore] = [cpuOf(workers), cpuOf([database])];
      const begin = performance.now();
      await enqueueItems(client, items);
      const enqueued = performance.now();
      await untilItemsDone(client, signal);
      const done = performance.now() - begin;
      rates.push((items / done) * 1_000);
      const perItem = (seconds: number): string => ((seconds / items) * 1_000).toFixed(2);
      console.log(
        `backlog   enqueued in ${formatDuration(enqueued - begin)} with one statement, done in ${formatDuration(done)}: ` +
          `${formatCount(Math.round(rates.at(-1) ?? 0))} items/s; CPU per item: workers ` +
          `${perItem(cpuOf(workers) - workersBefore)} ms, database ${perItem(cpuOf([database]) - databaseBefore)} ms`,
      );
    }
    console.log(`median    ${formatCount(Math.round(median(rates)))} items/s`);

    const latencies = await measureSingles(client, singles, signal);
    const at = (share: number): string =>
      `${(latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? NaN).toFixed(1)} ms`;
    console.log(
      `single    ${singles} one at a time, insert to done: p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, most ${at(1)}`,
    );
    return (await checkAll(client, rounds * items + singles + 1)) ? 0 : 1;
  } finally {
    await client.end();
  }
}

/** From the start of the insert's transaction to the completion, by the database's clock, smallest first. */
async function measureSingles(client: pg.Client, count: number, signal: AbortSignal): Promise<number[]> {
  const { rows } = await client.query<{ at: Date }>('SELECT clock_timestamp() AS at');
  for (let index = 0; index < count; index++) {
    await enqueueItems(client, 1);
    // Another time each, so that no rhythm of the service's own is met.
    await delay(20 + (index % 31), undefined, { signal });
  }
  await untilItemsDone(client, signal);
  const found = await client.query<{ ms: number }>(
    `SELECT extract(epoch FROM ended_at - created_at)::float8 * 1000 AS ms FROM work_items
     WHERE created_at > $1 ORDER BY ms`,
    [rows[0]?.at],
  );
  return found.rows.map(({ ms }) => ms);
}

/** Whether each item was done at its first attempt, and the stock and its ledger say so too. */
async function checkAll(client: pg.Client, expected: number): Promise<boolean> {
  const { rows } = await client.query<{ done: number; entries: number; level: number }>(
    `SELECT
      (SELECT count(*)::integer FROM work_items WHERE status = 'completed' AND attempts = 1) AS done,
      (SELECT count(*)::integer FROM stock_ledger) AS entries,
      (SELECT sum(available)::integer FROM stock_levels) AS level`,
  );
  const [counted] = rows;
  const right = counted?.done === expected && counted.entries === expected && counted.level === expected;
  console.log(
    `${right ? 'right' : 'WRONG'}     ${counted?.done} of ${expected} done at their first attempt, ` +
      `${counted?.entries} entries of the ledger, levels of ${counted?.level} in all`,
  );
  return right;
}
