import { connect } from '../connect.ts';
import { cpuMeter, prefixed } from '../cpu.ts';
import { addUser, orderOf, runOrders } from '../orders.ts';
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
    const { signal } = context;
    const stack = await context.startStack({
      // Calls to the payment provider are limited to 25 per second by default, which is 12.5 orders.
      env: { PAYMENTS_PER_SECOND: '1000' },
    });
    const { urls, processes } = stack.info();
    const database = await connect(urls.database, context);
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
    return [
      {
        name: 'orders',
        measure: measure(() => runOrders(urls.api, database, { orders, clients, body, signal }), {
          worker,
          api,
          postgres,
        }),
      },
      {
        name: 'bare SDK',
        note: 'three activities that do nothing: no database, payment or email',
        measure: measure(() => raw.runWorkflows(orders), { worker: raw.pid }),
      },
    ];
  },
});
