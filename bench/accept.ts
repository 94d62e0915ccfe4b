/**
 * `npm run bench:accept -- --seconds 10 --clients 50 --rounds 3`: how many orders the API accepts in a second, beside a bare Express route
 * that inserts the same four rows in one transaction. It starts a stack of its own, so that the jobs of the orders run meanwhile, and
 * measures both in turn, in rounds.
 */
import './folder.ts';
import { Agent } from 'node:http';
import pg from 'pg';
import { reservePort } from '../packages/durable-jobs/src/dev/ports.ts';
import { answers } from '../packages/durable-jobs/src/dev/stack-environment.ts';
import { onStopRequest } from '../packages/durable-jobs/src/dev/stop-request.ts';
import type { RunningProcess } from '../packages/durable-jobs/src/dev/supervised-process.ts';
import { StoppedError } from '../packages/durable-jobs/src/dev/wait.ts';
import { readCounts } from './arguments.ts';
import { startChild } from './child.ts';
import { cpuMeter, describeCpu } from './cpu.ts';
import { median, quantile } from './figures.ts';
import { machine } from './machine.ts';
import { addUser, orderOf, post } from './orders.ts';
import { startBenchStack } from './stack.ts';

/** One round of load. `cpu` is the processor time of each process per accepted request, in ms. */
interface Reading {
  perSecond: number;
  p50: number;
  p99: number;
  cpu: Record<string, number>;
}

process.exit(await main());

async function main(): Promise<number> {
  const { seconds, clients, rounds } = readCounts('bench:accept', { seconds: 10, clients: 50, rounds: 3 });
  const stopping = new AbortController();
  onStopRequest((reason) => stopping.abort(new StoppedError(`stopped (${reason})`)));
  const { signal } = stopping;
  const stack = await startBenchStack({
    env: { LOG_LEVEL: 'warn' },
    signal,
    died: (problem) => stopping.abort(new Error(problem)),
  });
  const { urls } = stack.info();
  const database = new pg.Client({ connectionString: urls.database });
  let reference: Awaited<ReturnType<typeof startReference>> | undefined;
  try {
    await database.connect();
    reference = await startReference(urls.database, signal);
    const body = orderOf(await addUser(database));
    const targets: Record<string, string> = { API: `${urls.api}/api/orders`, 'bare route': reference.url };
    const readings = new Map<string, Reading[]>(Object.keys(targets).map((name) => [name, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const [name, url] of Object.entries(targets)) {
        const processes = { ...stack.info().processes, 'bare route': reference.pid, benchmark: process.pid };
        const reading = await load(url, body, {
          clients,
          ms: round === 0 ? 5_000 : seconds * 1_000,
          signal,
          processes,
        });
        // The first round warms up.
        if (round > 0) readings.get(name)?.push(reading);
      }
    }
    console.log(`\n${machine()}; ${clients} clients, ${rounds} rounds of ${seconds} s each`);
    for (const [name, list] of readings) {
      const of = (field: 'perSecond' | 'p50' | 'p99'): string =>
        list.map((reading) => reading[field].toFixed(0)).join(', ');
      console.log(`${name}: ${of('perSecond')} accepted/s, p50 ${of('p50')} ms, p99 ${of('p99')} ms`);
      const cpu = describeCpu(list.map((reading) => reading.cpu));
      console.log(`  processor time per accepted request, ms: ${cpu}`);
    }
    const medianOf = (name: string): number =>
      median((readings.get(name) ?? []).map(({ perSecond }) => perSecond));
    console.log(`median ratio to the bare route: ${(medianOf('API') / medianOf('bare route')).toFixed(2)}`);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await reference?.stop();
    await database.end();
    await stack.stop();
  }
}

/** Starts the bare route in a process of its own. */
async function startReference(
  databaseUrl: string,
  signal: AbortSignal,
): Promise<RunningProcess & { url: string }> {
  const { port, release } = await reservePort();
  release();
  const url = `http://127.0.0.1:${port}/orders`;
  const running = await startChild(
    'bench/accept-reference.ts',
    {
      name: 'bare-route',
      args: [databaseUrl, String(port)],
      env: process.env,
      isReady: answers(url),
    },
    signal,
  );
  return { ...running, url };
}

/** Posts by as many clients, each one request after another, for so long. */
async function load(
  url: string,
  body: string,
  {
    clients,
    ms,
    signal,
    processes,
  }: { clients: number; ms: number; signal: AbortSignal; processes: Record<string, number> },
): Promise<Reading> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const times: number[] = [];
  const cpuSince = cpuMeter(processes);
  const begin = performance.now();
  const client = async (): Promise<void> => {
    while (performance.now() - begin < ms) {
      signal.throwIfAborted();
      const sentAt = performance.now();
      const status = await post(url, body, agent);
      if (status !== 201) throw new Error(`${url} responded with ${status}`);
      times.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const took = performance.now() - begin;
  agent.destroy();
  const cpu = cpuSince(times.length);
  return {
    perSecond: (times.length * 1_000) / took,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    cpu,
  };
}
