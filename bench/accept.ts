/**
 * `npm run bench:accept -- --seconds 10 --clients 50 --rounds 3`: how many orders the API accepts in a second, beside a bare Express route
 * that inserts the same four rows in one transaction. It starts a stack of its own, so that the jobs of the orders run meanwhile, and
 * measures both in turn, in rounds.
 */
import './folder.ts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { typescriptFlags } from '../local/node-flags.mjs';
import { reservePort } from '../packages/durable-jobs/src/dev/ports.ts';
import { onStopRequest } from '../packages/durable-jobs/src/dev/stop-request.ts';
import { StoppedError, waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';
import { readCounts } from './arguments.ts';
import { cpuSeconds } from './cpu.ts';
import { machine } from './machine.ts';
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
    const userId = await addUser(database);
    const body = JSON.stringify({
      userId,
      currency: 'eur',
      items: [{ sku: 'tea', quantity: 1, unitAmount: 500 }],
      paymentMethod: 'pm_card_visa',
    });
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
      const cpu = Object.keys(list[0]?.cpu ?? {}).map((part) => {
        return `${part} ${median(list.map((reading) => reading.cpu[part] ?? 0)).toFixed(2)}`;
      });
      console.log(`  processor time per accepted request, ms: ${cpu.join(', ')}`);
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

async function addUser(database: pg.Client): Promise<string> {
  const { rows } = await database.query<{ id: string }>(
    `INSERT INTO users (email, name, password_hash) VALUES ('bench@example.com', 'bench', '') RETURNING id`,
  );
  return rows[0]?.id ?? '';
}

/** Starts the bare route in a process of its own. */
async function startReference(
  databaseUrl: string,
  signal: AbortSignal,
): Promise<{ url: string; pid: number; stop: () => Promise<void> }> {
  const { port, release } = await reservePort();
  release();
  const entry = fileURLToPath(new URL('accept-reference.ts', import.meta.url));
  const child = spawn('node', [...typescriptFlags, entry, databaseUrl, String(port)], { stdio: 'inherit' });
  const url = `http://127.0.0.1:${port}/orders`;
  await waitUntil(
    () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    {
      what: 'the bare route did not start',
      timeoutMs: 60_000,
      signal,
    },
  );
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
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
  const usage = (): [string, number][] =>
    Object.entries(processes).map(([name, pid]) => [
      name,
      pid === process.pid ? process.cpuUsage().user + process.cpuUsage().system : cpuSeconds(pid) * 1e6,
    ]);
  const before = new Map(usage());
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
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? NaN;
  const cpu = Object.fromEntries(
    usage().map(([name, used]) => [name, (used - (before.get(name) ?? used)) / 1_000 / times.length]),
  );
  return { perSecond: (times.length * 1_000) / took, p50: at(0.5), p99: at(0.99), cpu };
}

function post(url: string, body: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer local-dev-key' };
    request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0)).on('error', reject);
    })
      .on('error', reject)
      .end(body);
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
