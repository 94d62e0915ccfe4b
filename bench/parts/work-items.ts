import { connect } from '../connect.ts';
import { cpuMeter } from '../cpu.ts';
import { definePart, type Contender, type Reading } from '../part.ts';
import { startRawSdk } from '../raw-client.ts';
import { peers, POLL_MS, startPeers, type PeerId } from '../start-peers.ts';
import { answers } from '../../packages/durable-jobs/src/dev/stack-environment.ts';
import { reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { startChild } from '../child.ts';
import { addStockLevels, countEffects, enqueueItems, TOGETHER, untilItemsDone } from '../work-items.ts';

/** A backlog of items with one effect each, beside the references with the same effect. */
export const workItems = definePart({
  name: 'work-items',
  title: 'Work items',
  about:
    'A backlog of items is added and processed by one worker process. Each item has one effect, which is committed to the disk of the same PostgreSQL: ' +
    'a stock level changes, and a ledger gets a row. The time counts from the first item added to the last completed.',
  sizes: { items: 10_000, concurrency: 10, 'temporal-items': 300 },
  figures: [
    { key: 'perSecond', label: 'processed per second', better: 'more' },
    { key: 'addedPerSecond', label: 'added per second', better: 'more' },
    { key: 'workerCpuMs', label: "worker's processor time per item, ms", better: 'less', digits: 2 },
    { key: 'databaseCpuMs', label: "PostgreSQL's processor time per item, ms", better: 'less', digits: 2 },
  ],
  reference: 'Graphile Worker',
  warmUp: true,
  async open(sizes, context) {
    const { items, concurrency } = sizes;
    const { signal } = context;
    const stack = await context.startStack({
      env: { WORK_QUEUE_CONCURRENCY: String(concurrency), DATABASE_POOL_SIZE: String(concurrency + 5) },
    });
    const { urls, processes } = stack.info();
    const client = await connect(urls.database, context);
    await addStockLevels(client);

    const contender = (
      name: string,
      note: string | undefined,
      worker: number,
      count: number,
      add: () => Promise<void>,
      untilDone?: () => Promise<void>,
    ): Contender => ({
      name,
      ...(note !== undefined && { note }),
      measure: async (): Promise<Reading> => {
        const before = await countEffects(client);
        const cpuSince = cpuMeter({ worker, database: processes.postgres ?? 0 });
        const begin = performance.now();
        await add();
        const added = performance.now();
        await untilDone?.();
        const done = performance.now();
        const { worker: workerCpuMs = NaN, database: databaseCpuMs = NaN } = cpuSince(count);
        const effects = (await countEffects(client)) - before;
        if (effects !== count) throw new Error(`${name} made ${effects} effects of ${count} items`);
        return {
          // Items are processed while others are added, so the whole time counts.
          perSecond: (count * 1_000) / (done - begin),
          ...(untilDone && { addedPerSecond: (count * 1_000) / (added - begin) }),
          workerCpuMs,
          databaseCpuMs,
        };
      },
    });

    const { port, release } = await reservePort();
    release();
    const together = await startChild(
      'bench/work-together.ts',
      {
        name: 'work-together',
        args: [urls.database, String(port), String(concurrency)],
        env: { ...process.env, NODE_ENV: 'production' },
        isReady: answers(`http://127.0.0.1:${port}`),
      },
      signal,
    );
    context.onClose(together.stop);
    const running = await startPeers(Object.keys(peers) as PeerId[], urls.database, concurrency, context);
    const raw = await startRawSdk(stack.info(), concurrency, context);
    return [
      contender(
        'work items',
        'effect and completion in one transaction',
        processes.worker ?? 0,
        items,
        () => enqueueItems(client, items),
        () => untilItemsDone(client, signal, POLL_MS),
      ),
      contender(
        'work items together',
        'up to 50 effects and completions in one transaction, with applyAll',
        together.pid,
        items,
        () => enqueueItems(client, items, TOGETHER),
        () => untilItemsDone(client, signal, POLL_MS),
      ),
      ...running.map(({ name, note, pid, addAll, untilDone, inTurn }) => {
        const peer = contender(name, note, pid, items, () => addAll(items), untilDone);
        return { ...peer, measure: () => inTurn(peer.measure) };
      }),
      contender(
        'Temporal SDK',
        'a workflow with one activity that makes the effect; the completion is in the engine',
        raw.pid,
        sizes['temporal-items'],
        // Adding them is part of running them.
        () => raw.runItems(sizes['temporal-items']),
      ),
    ];
  },
});
