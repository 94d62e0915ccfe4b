import { connect } from './connect.ts';
import { addUser, orderOf, runOrders } from './orders.ts';
import type { Contender, Figure, PartContext } from './part.ts';
import { POLL_MS } from './start-peers.ts';
import { addStockLevels, enqueueItems, untilItemsDone } from './work-items.ts';

const COUNTS = [1, 2, 4] as const;

/** What {@link openWorkerCounts} measures. */
export const throughput: readonly [Figure, ...Figure[]] = [
  { key: 'itemsPerSecond', label: 'work items per second', better: 'more' },
  { key: 'ordersPerSecond', label: 'orders per second', better: 'more', digits: 1 },
];

/** The contender that the others are compared with. */
export const ONE_WORKER = '1 worker';

/** How much work there is for the workers. */
export type WorkSizes = Readonly<Record<'items' | 'orders' | 'clients' | 'concurrency', number>>;

/**
 * Returns contenders with one, two and four worker processes on one stack, which process a backlog of work items and then orders. `limit`
 * slows a worker process down while it works, and returns the function that ends this.
 */
export async function openWorkerCounts(
  { items, orders, clients, concurrency }: WorkSizes,
  context: PartContext,
  limit: (pid: number) => () => void = () => () => undefined,
): Promise<readonly Contender[]> {
  const { signal } = context;
  const stack = await context.startStack({
    env: {
      WORK_QUEUE_CONCURRENCY: String(concurrency),
      DATABASE_POOL_SIZE: String(concurrency + 5),
      PAYMENTS_PER_SECOND: '1000',
    },
  });
  const { urls, processes } = stack.info();
  const { worker } = processes;
  if (worker === undefined) throw new Error('the stack has no worker');
  const database = await connect(urls.database, context);
  await addStockLevels(database);
  const body = orderOf(await addUser(database));
  return COUNTS.map((count) => ({
    name: count === 1 ? ONE_WORKER : `${count} workers`,
    measure: async () => {
      const added = await Promise.all(Array.from({ length: count - 1 }, () => stack.addWorker()));
      const limits: (() => void)[] = [];
      try {
        for (const pid of [worker, ...added.map((one) => one.pid)]) limits.push(limit(pid));
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
        for (const end of limits) end();
        await Promise.all(added.map((one) => one.stop()));
      }
    },
  }));
}
