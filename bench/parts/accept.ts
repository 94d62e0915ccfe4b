import { Agent } from 'node:http';
import { reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { answers } from '../../packages/durable-jobs/src/dev/stack-environment.ts';
import { startChild } from '../child.ts';
import { connect } from '../connect.ts';
import { cpuMeter, prefixed } from '../cpu.ts';
import { quantile } from '../figures.ts';
import { addUser, orderOf, post } from '../orders.ts';
import { definePart, type PartContext, type Reading } from '../part.ts';
import { RAW_QUEUE, startRawSdk } from '../raw-client.ts';
import { peers, startPeers, type PeerId } from '../start-peers.ts';
import { addStockLevels } from '../work-items.ts';

/** Accepted requests, beside a bare route, a route that starts a workflow, and the references. */
export const accept = definePart({
  name: 'accept',
  title: 'Accepting requests',
  about:
    'Clients place orders over HTTP, each one after another, while the jobs of earlier orders run. The bare Express route inserts the same four rows ' +
    'in one transaction, and runs nothing. The references insert the rows of the order, and enqueue an item with one effect.',
  sizes: { seconds: 10, clients: 50 },
  figures: [
    { key: 'perSecond', label: 'accepted per second', better: 'more' },
    { key: 'p50', label: 'p50, ms', better: 'less' },
    { key: 'p99', label: 'p99, ms', better: 'less' },
  ],
  reference: 'bare route',
  warmUp: true,
  async open({ seconds, clients }, context) {
    const { signal } = context;
    const stack = await context.startStack({ env: {} });
    const { urls, processes } = stack.info();
    const database = await connect(urls.database, context);
    const body = orderOf(await addUser(database));
    await addStockLevels(database);
    await startRawSdk(stack.info(), 1, context);
    const reference = await startReference(urls.database, urls.temporalAddress, context);
    const running = await startPeers(Object.keys(peers) as PeerId[], urls.database, 10, context);
    const { api = 0, worker = 0, temporal = 0, postgres = 0 } = processes;
    const measure =
      (url: string, pids: Record<string, number>, settle = () => Promise.resolve()) =>
      async () => {
        const reading = await load(url, body, {
          clients,
          ms: seconds * 1_000,
          signal,
          processes: { ...pids, postgres },
        });
        await settle();
        return reading;
      };
    return [
      { name: 'API', measure: measure(`${urls.api}/api/orders`, { api, worker, engine: temporal }) },
      {
        name: 'bare route',
        note: 'runs nothing; no validation, key, audit, metrics or log',
        measure: measure(`${reference.url}/orders`, { route: reference.pid }),
      },
      {
        name: 'bare workflow.start',
        note: 'a route that starts a workflow of three activities that do nothing; no row',
        measure: measure(`${reference.url}/starts`, { route: reference.pid, engine: temporal }),
      },
      ...running.map(({ name, pid, ordersUrl, untilDone, inTurn }) => ({
        name,
        note:
          name === peers.bullmq.name
            ? 'enqueues after the commit: a crash between them loses the job'
            : 'enqueues in the transaction',
        // What it has left would slow down the next one.
        measure: () => inTurn(measure(ordersUrl, { route: pid }, untilDone)),
      })),
    ];
  },
});

/** Starts the bare routes in a process of their own. */
async function startReference(
  databaseUrl: string,
  temporalAddress: string,
  { signal, onClose }: PartContext,
): Promise<{ pid: number; url: string }> {
  const { port, release } = await reservePort();
  release();
  const url = `http://127.0.0.1:${port}`;
  const { pid, stop } = await startChild(
    'bench/accept-reference.ts',
    {
      name: 'bare-route',
      args: [databaseUrl, String(port), temporalAddress, RAW_QUEUE],
      env: process.env,
      isReady: answers(url),
    },
    signal,
  );
  onClose(stop);
  return { pid, url };
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
  const cpuSince = cpuMeter({ ...processes, benchmark: process.pid });
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
  return {
    perSecond: (times.length * 1_000) / took,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    ...prefixed(cpuSince(times.length)),
  };
}
