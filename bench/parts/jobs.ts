import { Agent } from 'node:http';
import pg from 'pg';
import { waitUntil } from '../../packages/durable-jobs/src/dev/wait.ts';
import { cpuMeter, prefixed } from '../cpu.ts';
import { inParallel } from '../in-parallel.ts';
import { addUser, orderOf, post } from '../orders.ts';
import { definePart } from '../part.ts';
import { startRawSdk } from '../raw-client.ts';

/** Orders from end to end, beside workflows of the bare SDK. */
export const jobs = definePart({
  name: 'jobs',
  title: 'Jobs from end to end',
  about:
    'Orders are placed over HTTP, paid and receipted: the time counts from the first request to the last receipt in the inbox. Workflows of the ' +
    'bare SDK with three activities that do nothing run on the same engine.',
  sizes: { orders: 300, clients: 20 },
  figures: [
    { key: 'perSecond', label: 'jobs per second', better: 'more', digits: 1 },
    { key: 'cpu engine', label: "engine's processor time per job, ms", better: 'less', digits: 1 },
    { key: 'cpu worker', label: "worker's processor time per job, ms", better: 'less', digits: 1 },
  ],
  reference: 'bare SDK',
  warmUp: true,
  async open({ orders, clients }, context) {
    const { signal, onClose } = context;
    const stack = await context.startStack({
      // Calls to the payment provider are limited to 25 per second by default, which is 12.5 orders.
      env: { PAYMENTS_PER_SECOND: '1000' },
    });
    const { urls, processes } = stack.info();
    const database = new pg.Client({ connectionString: urls.database });
    await database.connect();
    onClose(() => database.end());
    const raw = await startRawSdk(stack.info(), 1, context);
    const body = orderOf(await addUser(database));
    const { temporal: engine = 0, worker = 0, api = 0, postgres = 0 } = processes;
    const measure = (work: () => Promise<void>, pids: Record<string, number>) => async () => {
      const cpuSince = cpuMeter({ engine, ...pids });
      const begin = performance.now();
      await work();
      const perSecond = (orders * 1_000) / (performance.now() - begin);
      return { perSecond, ...prefixed(cpuSince(orders)) };
    };
    const agent = new Agent({ keepAlive: true, maxSockets: clients });
    onClose(() => agent.destroy());
    return [
      {
        name: 'orders',
        measure: measure(
          async () => {
            const before = await receipts(database);
            await inParallel(orders, clients, async () => {
              const status = await post(`${urls.api}/api/orders`, body, agent);
              if (status !== 201) throw new Error(`the API responded with ${status}`);
            });
            await waitUntil(async () => (await receipts(database)) >= before + orders, {
              what: 'the receipts of all orders were not sent',
              timeoutMs: 300_000,
              signal,
            });
          },
          { worker, api, postgres },
        ),
      },
      {
        name: 'bare SDK',
        note: 'three activities that do nothing: no database, payment or email',
        measure: measure(() => raw.runWorkflows(orders), { worker: raw.pid }),
      },
    ];
  },
});

async function receipts(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM emails WHERE template = 'order-receipt' AND status = 'sent'`,
  );
  return rows[0]?.count ?? 0;
}
