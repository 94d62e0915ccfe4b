import { connect } from '../connect.ts';
import { addUser, orderOf, runOrders } from '../orders.ts';
import { definePart } from '../part.ts';
import { POLL_MS } from '../start-peers.ts';
import { addStockLevels, enqueueItems, untilItemsDone } from '../work-items.ts';

const COUNTS = [1, 2, 4] as const;

/** The same work with one worker process and with several. */
export const workers = definePart({
  name: 'workers',
  title: 'Worker processes',
  about:
    'A backlog of work items, then orders from end to end, with one, two and four worker processes on the same stack. They add throughput only as long as the machine has ' +
    'processor time to spare.',
  sizes: { items: 10_000, orders: 200, clients: 20, concurrency: 10 },
  figures: [
    { key: 'itemsPerSecond', label: 'work items per second', better: 'more' },
    { key: 'ordersPerSecond', label: 'orders per second', better: 'more', digits: 1 },
  ],
  reference: '1 worker',
  warmUp: true,
  async open({ items, orders, clients, concurrency }, context) {
    const { signal } = context;
    const stack = await context.startStack({
      env: {
        WORK_QUEUE_CONCURRENCY: String(concurrency),
        DATABASE_POOL_SIZE: String(concurrency + 5),
        PAYMENTS_PER_SECOND: '1000',
      },
    });
    const { urls } = stack.info();
    const database = await connect(urls.database, context);
    await addStockLevels(database);
    const body = orderOf(await addUser(database));
    return COUNTS.map((count) => ({
      name: count === 1 ? '1 worker' : `${count} workers`,
      measure: async () => {
        const added = await Promise.all(Array.from({ length: count - 1 }, () => stack.addWorker()));
        try {
          const itemsBegin = performance.now();
          await enqueueItems(database, items);
          await untilItemsDone(database, signal, POLL_MS);
          const ordersBegin = performance.now();
          await runOrders(urls.api, database, { orders, clients, body, signal });
          return {
            itemsPerSecond: (items * 1_000) / (ordersBegin - itemsBegin),
            ordersPerSecond: (orders * 1_000) / (performance.now() - ordersBegin),
          };
        } finally {
          await Promise.all(added.map((worker) => worker.stop()));
        }
      },
    }));
  },
});
