import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { BulkApi } from '../../tools/bulk/api.ts';
import { connect } from '../connect.ts';
import { watchMemory } from '../memory.ts';
import { addUser, orderOf, runOrders } from '../orders.ts';
import { definePart, type Reading } from '../part.ts';
import { products } from '../products.ts';
import { addStockLevels, enqueueItems, untilItemsDone } from '../work-items.ts';

/** Resident memory of each process, at rest and at full load. */
export const memory = definePart({
  name: 'memory',
  title: 'Resident memory',
  about:
    'The largest resident set of each process: after a start, without work; and while orders, a backlog of work items and a bulk upload keep all parts busy at the same time. ' +
    'Goals: API 120 MiB at rest and 200 under load, worker 300 and 500.',
  sizes: { 'rest-seconds': 30, orders: 400, clients: 50, items: 20_000, 'bulk-items': 200_000 },
  figures: [
    { key: 'worker', label: 'worker, MiB', better: 'less' },
    { key: 'api', label: 'API, MiB', better: 'less' },
    { key: 'temporal', label: 'engine, MiB', better: 'less' },
  ],
  rounds: 1,
  warmUp: false,
  async open(sizes, context) {
    const { signal } = context;
    const stack = await context.startStack({
      env: { BULK_MAX_ITEMS: '10000000', PAYMENTS_PER_SECOND: '1000' },
    });
    const { urls, apiKey, processes } = stack.info();
    const { worker = 0, api = 0, temporal = 0 } = processes;
    const database = await connect(urls.database, context);
    await addStockLevels(database);
    const body = orderOf(await addUser(database));
    const during = async (work: () => Promise<unknown>): Promise<Reading> => {
      const stopWatching = await watchMemory({ worker, api, temporal });
      await work();
      const figures = await stopWatching();
      return { worker: figures.worker.max, api: figures.api.max, temporal: figures.temporal.max };
    };
    return [
      {
        name: 'at rest',
        measure: () => during(() => delay(sizes['rest-seconds'] * 1_000, undefined, { signal })),
      },
      {
        name: 'full load',
        measure: () =>
          during(() =>
            Promise.all([
              runOrders(urls.api, database, { orders: sizes.orders, clients: sizes.clients, body, signal }),
              enqueueItems(database, sizes.items).then(() => untilItemsDone(database, signal)),
              new BulkApi({ url: urls.api, apiKey }).upload(
                {
                  task: 'import-products',
                  type: 'application/x-ndjson',
                  items: Readable.from(products(sizes['bulk-items'])),
                },
                signal,
              ),
            ]),
          ),
      },
    ];
  },
});
