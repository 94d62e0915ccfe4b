/**
 * `npm run bench:bulk -- --items 1000000`: uploads that many products to a separate stack, waits until they are processed, and prints the
 * time, the memory, and whether each product exists exactly once. Exits with 0 if they do.
 */
import { formatCount, formatDuration } from 'durable-jobs/values';
import './folder.ts';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { BulkApi, type BulkJobDetails } from '../tools/bulk/api.ts';
import { onStopRequest } from '../packages/durable-jobs/src/dev/stop-request.ts';
import { StoppedError, waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';
import { readCounts } from './arguments.ts';
import { machine } from './machine.ts';
import { products } from './products.ts';
import { watchMemory, type MemoryFigures } from './memory.ts';
import { startBenchStack } from './stack.ts';

const DEFAULT_ITEMS = 1_000_000;
const POLL_MS = 500;
const REPORT_MS = 15_000;

process.exit(await main());

async function main(): Promise<number> {
  const { items } = readCounts('bench:bulk', { items: DEFAULT_ITEMS });
  const stopping = new AbortController();
  onStopRequest((reason) => stopping.abort(new StoppedError(`stopped (${reason})`)));
  let stop: (() => Promise<void>) | undefined;
  try {
    const stack = await startBenchStack({
      env: { LOG_LEVEL: 'warn', BULK_MAX_ITEMS: String(Math.max(items, DEFAULT_ITEMS)) },
      signal: stopping.signal,
      died: (problem) => stopping.abort(new Error(problem)),
    });
    stop = stack.stop;
    return await measure(stack.info(), items, stopping.signal);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await stop?.();
  }
}

async function measure(
  { urls, apiKey, processes }: ReturnType<Awaited<ReturnType<typeof startBenchStack>>['info']>,
  items: number,
  signal: AbortSignal,
): Promise<number> {
  const api = new BulkApi({ url: urls.api, apiKey });
  const pids = { api: processes.api ?? 0, worker: processes.worker ?? 0 };
  const database = new pg.Client({ connectionString: urls.database });
  await database.connect();
  const connection = await Connection.connect({ address: urls.temporalAddress });
  try {
    console.log(`\n${formatCount(items)} items on ${machine()}`);
    const stopWatching = await watchMemory(pids);
    const begin = performance.now();
    const { id, jobId } = await api.upload(
      { task: 'import-products', type: 'application/x-ndjson', items: Readable.from(products(items)) },
      signal,
    );
    const accepted = performance.now();
    console.log(`accepted    ${formatDuration(accepted - begin)}, ${perSecond(items, accepted - begin)}`);
    const job = await untilEnded(api, id, signal);
    const ended = performance.now();
    const memory = await stopWatching();
    const worked = Date.parse(job.endedAt ?? '') - Date.parse(job.startedAt ?? '');
    console.log(`processed   ${formatDuration(worked)}, ${perSecond(items, worked)}`);
    console.log(`total  ${formatDuration(ended - begin)}, ${perSecond(items, ended - begin)}`);
    showMemory('API', memory.api);
    showMemory('worker', memory.worker);
    const histories = await historyLengths(new Client({ connection }), jobId);
    console.log(
      `histories   ${histories.length} runs of up to ${Math.max(...histories)} events: ${histories.join(', ')}`,
    );
    return (await checkAll(database, id, items)) ? 0 : 1;
  } finally {
    await database.end();
    await connection.close();
  }
}

async function untilEnded(api: BulkApi, id: string, signal: AbortSignal): Promise<BulkJobDetails> {
  let reported = performance.now();
  for (;;) {
    const job = await api.read(id, 1);
    if (job.status === 'completed' || job.status === 'cancelled') return job;
    if (performance.now() - reported > REPORT_MS) {
      reported = performance.now();
      console.log(`  … ${formatCount(job.counts.done)} done, ${job.rate ?? '?'} per second`);
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

/** The history of each run of the workflow, oldest first, in events. */
async function historyLengths(client: Client, workflowId: string): Promise<number[]> {
  const runs: { at: Date; length: number; closed: boolean }[] = [];
  // The list is behind the engine for a moment.
  await waitUntil(
    async () => {
      runs.length = 0;
      for await (const run of client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
        runs.push({ at: run.startTime, length: run.historyLength, closed: run.status.name !== 'RUNNING' });
      }
      return runs.length > 0 && runs.every(({ closed }) => closed);
    },
    { what: 'the list of runs is not complete', timeoutMs: 30_000 },
  );
  return runs.sort((a, b) => a.at.getTime() - b.at.getTime()).map(({ length }) => length);
}

/** Whether every item is done at its first attempt, and every product is there as it was sent, written once. */
async function checkAll(database: pg.Client, id: string, items: number): Promise<boolean> {
  const one = async (text: string, values: unknown[]): Promise<number> => {
    const { rows } = await database.query<{ count: string }>(text, values);
    return Number(rows[0]?.count);
  };
  const done = await one(
    `SELECT count(*) FROM bulk_items WHERE bulk_job_id = $1 AND status = 'done' AND attempts = 1`,
    [id],
  );
  const wrong = await one(
    `SELECT count(*) FROM generate_series(0, $1::integer - 1) AS item (index)
     FULL JOIN products ON sku = 'bench-' || index
     WHERE index IS NULL OR sku IS NULL OR name <> 'Product ' || index
       OR unit_amount_minor <> index % 100000 OR currency <> 'eur'`,
    [items],
  );
  const rows = await one('SELECT count(*) FROM products', []);
  const written = await writes(database, items);
  const fine = done === items && wrong === 0 && rows === items && written === items;
  console.log(
    `${fine ? 'right' : 'WRONG'}       ${formatCount(done)} items done at their first attempt, ${formatCount(rows)} products, ` +
      `${formatCount(wrong)} of them missing, too many or wrong, ${formatCount(written)} rows written`,
  );
  return fine;
}

/** How often a row of the products was inserted or updated, undone writes included, by PostgreSQL's own statistics. */
async function writes(database: pg.Client, expected: number): Promise<number> {
  let written = 0;
  await waitUntil(
    async () => {
      const { rows } = await database.query<{ written: string }>(
        `SELECT n_tup_ins + n_tup_upd AS written FROM pg_stat_user_tables WHERE relname = 'products'`,
      );
      written = Number(rows[0]?.written);
      return written >= expected;
    },
    // Sessions hand in their figures when they have been idle for some seconds.
    { what: 'the statistics are not there', timeoutMs: 60_000 },
  );
  return written;
}

function showMemory(name: string, { start, max, end, tenths }: MemoryFigures): void {
  const mib = (value: number): string => value.toFixed(0);
  console.log(
    `${`RSS ${name}`.padEnd(12)}${mib(start)} MiB at the start, ${mib(max)} at most, ${mib(end)} at the end; ` +
      `maximum of each tenth of the time: ${tenths.map(mib).join(' ')}`,
  );
}

function perSecond(items: number, ms: number): string {
  return `${formatCount(Math.round((items / ms) * 1000))} items/s`;
}
