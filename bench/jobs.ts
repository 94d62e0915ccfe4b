/**
 * `npm run bench:jobs -- --orders 300 --clients 20 --rounds 3`: how many orders are paid and receipted in a second, from the first request to
 * the last receipt in the inbox, beside as many workflows of the bare SDK with three activities that do nothing. It starts a stack of its own
 * and measures both in turn, in rounds, with the same engine.
 */
import './folder.ts';
import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { onStopRequest } from '../packages/durable-jobs/src/dev/stop-request.ts';
import { StoppedError, waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';
import { readCounts } from './arguments.ts';
import { startChild } from './child.ts';
import { cpuMeter, describeCpu } from './cpu.ts';
import { median } from './figures.ts';
import { machine } from './machine.ts';
import { addUser, orderOf, post } from './orders.ts';
import type { threeActivities } from './raw-workflow.ts';
import { startBenchStack } from './stack.ts';

/** One round: jobs per second, and the processor time of each process per job, in ms. */
interface Reading {
  perSecond: number;
  cpu: Record<string, number>;
}

const RAW_QUEUE = 'bench-raw';

process.exit(await main());

async function main(): Promise<number> {
  const { orders, clients, rounds } = readCounts('bench:jobs', { orders: 300, clients: 20, rounds: 3 });
  const stopping = new AbortController();
  onStopRequest((reason) => stopping.abort(new StoppedError(`stopped (${reason})`)));
  const { signal } = stopping;
  const stack = await startBenchStack({
    // Calls to the payment provider are limited to 25 per second by default, which is 12.5 orders.
    env: { LOG_LEVEL: 'warn', PAYMENTS_PER_SECOND: '1000' },
    signal,
    died: (problem) => stopping.abort(new Error(problem)),
  });
  const { urls } = stack.info();
  const database = new pg.Client({ connectionString: urls.database });
  const connection = await Connection.connect({ address: urls.temporalAddress });
  const raw = await startChild(
    'bench/raw-worker.ts',
    {
      name: 'bare-worker',
      args: [urls.temporalAddress, RAW_QUEUE],
      env: process.env,
      // The first round, which is not counted, waits for it.
      isReady: () => true,
    },
    signal,
  );
  try {
    await database.connect();
    const body = orderOf(await addUser(database));
    const client = new Client({ connection });
    const works: Record<string, (count: number) => Promise<void>> = {
      'orders paid and receipted': async (count) => {
        const before = await receipts(database);
        await inParallel(count, clients, async (agent) => {
          const status = await post(`${urls.api}/api/orders`, body, agent);
          if (status !== 201) throw new Error(`the API responded with ${status}`);
        });
        await waitUntil(async () => (await receipts(database)) >= before + count, {
          what: 'the receipts of all orders were not sent',
          timeoutMs: 120_000,
          signal,
        });
      },
      'workflows of the bare SDK': (count) =>
        inParallel(count, count, async () => {
          const options = { taskQueue: RAW_QUEUE, workflowId: randomUUID() };
          await client.workflow.execute<typeof threeActivities>('threeActivities', { ...options, args: [] });
        }),
    };
    const readings = new Map<string, Reading[]>(Object.keys(works).map((name) => [name, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const [name, work] of Object.entries(works)) {
        signal.throwIfAborted();
        const cpuSince = cpuMeter({
          ...stack.info().processes,
          'bare worker': raw.pid,
          benchmark: process.pid,
        });
        const begin = performance.now();
        await work(orders);
        const perSecond = (orders * 1_000) / (performance.now() - begin);
        // The first round warms up.
        if (round > 0) readings.get(name)?.push({ perSecond, cpu: cpuSince(orders) });
      }
    }
    console.log(`\n${machine()}; ${orders} jobs per round, ${rounds} rounds`);
    for (const [name, list] of readings) {
      console.log(`${name}: ${list.map(({ perSecond }) => perSecond.toFixed(1)).join(', ')} per second`);
      console.log(`  processor time per job, ms: ${describeCpu(list.map(({ cpu }) => cpu))}`);
    }
    const [own = NaN, bare = NaN] = [...readings.values()].map((list) =>
      median(list.map(({ perSecond }) => perSecond)),
    );
    console.log(`median ratio to the bare SDK: ${(own / bare).toFixed(2)}`);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await raw.stop();
    await connection.close();
    await database.end();
    await stack.stop();
  }
}

/** Does `count` pieces of work, `atOnce` at a time. */
async function inParallel(
  count: number,
  atOnce: number,
  work: (agent: Agent) => Promise<void>,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  let left = count;
  const one = async (): Promise<void> => {
    while (left-- > 0) await work(agent);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  agent.destroy();
}

async function receipts(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM emails WHERE template = 'order-receipt' AND status = 'sent'`,
  );
  return rows[0]?.count ?? 0;
}
