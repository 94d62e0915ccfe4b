import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { BulkApi } from '../../tools/bulk/api.ts';
import { connect } from '../connect.ts';
import { watchMemory } from '../memory.ts';
import { definePart } from '../part.ts';
import { products } from '../products.ts';
import { peers, startPeers, type PeerId } from '../start-peers.ts';
import { addStockLevels, countEffects } from '../work-items.ts';

const POLL_MS = 100;

/** Bulk jobs, beside what the references have for many items at once. */
export const bulk = definePart({
  name: 'bulk',
  title: 'Bulk items',
  about:
    'Items are uploaded to a bulk job over HTTP, stored with their state, and written as products, in batches. The references insert items in bulk in their fastest documented way, and ' +
    'process each by itself: they have no unit for many items.',
  sizes: { items: 200_000, 'peer-items': 10_000 },
  figures: [
    { key: 'perSecond', label: 'accepted and written per second', better: 'more' },
    { key: 'acceptedPerSecond', label: 'accepted per second', better: 'more' },
    { key: 'workerMiB', label: "worker's resident memory at most, MiB", better: 'less' },
  ],
  reference: 'Graphile Worker',
  warmUp: true,
  async open(sizes, context) {
    const { items } = sizes;
    const peerItems = sizes['peer-items'];
    const { signal } = context;
    const stack = await context.startStack({ env: { BULK_MAX_ITEMS: String(Math.max(items, 1_000_000)) } });
    const { urls, apiKey, processes } = stack.info();
    const database = await connect(urls.database, context);
    await addStockLevels(database);
    const api = new BulkApi({ url: urls.api, apiKey });
    const running = await startPeers(Object.keys(peers) as PeerId[], urls.database, 10, context);
    const measure =
      (worker: number, count: number, add: () => Promise<string>, untilDone: (id: string) => Promise<void>) =>
      async () => {
        const stopWatching = await watchMemory({ worker });
        const begin = performance.now();
        const id = await add();
        const accepted = performance.now();
        await untilDone(id);
        const done = performance.now();
        const memory = await stopWatching();
        return {
          perSecond: (count * 1_000) / (done - begin),
          acceptedPerSecond: (count * 1_000) / (accepted - begin),
          workerMiB: memory.worker.max,
        };
      };
    return [
      {
        name: 'bulk job',
        note: 'batches share a transaction; each item has a state and an error of its own',
        measure: measure(
          processes.worker ?? 0,
          items,
          async () => {
            const lines = Readable.from(products(items));
            const { id } = await api.upload(
              { task: 'import-products', type: 'application/x-ndjson', items: lines },
              signal,
            );
            return id;
          },
          async (id) => {
            for (;;) {
              const { status, counts } = await api.read(id, 1);
              if (status === 'completed' && counts.done === items) return;
              if (status === 'completed' || status === 'cancelled')
                throw new Error(`${counts.done} of ${items} items were done`);
              await delay(POLL_MS, undefined, { signal });
            }
          },
        ),
      },
      ...running.map(({ name, note, pid, addAll, untilDone, inTurn }) => {
        const measurePeer = measure(
          pid,
          peerItems,
          async () => {
            const before = await countEffects(database);
            await addAll(peerItems);
            return String(before);
          },
          async (before) => {
            await untilDone();
            const effects = (await countEffects(database)) - Number(before);
            if (effects !== peerItems)
              throw new Error(`${name} made ${effects} effects of ${peerItems} items`);
          },
        );
        return { name, note: `one effect each; ${note}`, measure: () => inTurn(measurePeer) };
      }),
    ];
  },
});
