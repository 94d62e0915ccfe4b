import { reservePort } from '../packages/durable-jobs/src/dev/ports.ts';
import { answers } from '../packages/durable-jobs/src/dev/stack-environment.ts';
import { waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';
import { startChild } from './child.ts';
import type { PartContext } from './part.ts';
import { startRedis } from './redis.ts';

/** The references of bench/peers: their files, names, and what an item costs them that is not the same as here. */
export const peers = {
  'graphile-worker': {
    name: 'Graphile Worker',
    note: 'local queue, batched completion; the effect is one transaction, the completion another',
  },
  'pg-boss': {
    name: 'pg-boss',
    note: 'effect and completion in one transaction, with fetch() and complete()',
  },
  bullmq: {
    name: 'BullMQ',
    note: 'Redis with appendfsync always; the effect in PostgreSQL, the completion in Redis: never one transaction',
  },
  dbos: {
    name: 'DBOS Transact',
    note: 'a queued workflow of one step; the effect, the record of the step and the completion are three transactions',
  },
} as const;

/** The name of a reference's file. */
export type PeerId = keyof typeof peers;

/** A running reference. */
export interface RunningPeer {
  name: string;
  note: string;
  pid: number;
  /** Where it places orders. */
  ordersUrl: string;
  /** Adds items and resolves when they are durable. */
  addAll: (count: number) => Promise<void>;
  untilDone: () => Promise<void>;
  /** Lets it run while `work` does: it is frozen in the turns of others, in which its pollers would use the processors. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Starts each of the references in a process of its own, on the database of the service. They are frozen, and stopped after the part. */
export async function startPeers(
  ids: readonly PeerId[],
  databaseUrl: string,
  concurrency: number,
  { signal, onClose, report }: PartContext,
): Promise<RunningPeer[]> {
  const running: RunningPeer[] = [];
  for (const id of ids) {
    const redis = id === 'bullmq' ? await startRedis(signal) : undefined;
    if (id === 'bullmq' && !redis) {
      report('  ! BullMQ is left out, because redis-server is not installed: apt-get install redis-server');
      continue;
    }
    if (redis) onClose(redis.stop);
    running.push(
      await startPeer(id, { databaseUrl, concurrency, redisPort: redis?.port ?? 0 }, { signal, onClose }),
    );
  }
  return running;
}

async function startPeer(
  id: PeerId,
  options: { databaseUrl: string; concurrency: number; redisPort: number },
  { signal, onClose }: Pick<PartContext, 'signal' | 'onClose'>,
): Promise<RunningPeer> {
  const { port, release } = await reservePort();
  release();
  const url = `http://127.0.0.1:${port}`;
  const child = await startChild(
    `bench/peers/${id}.ts`,
    {
      name: id,
      args: [options.databaseUrl, String(port), String(options.concurrency), String(options.redisPort)],
      env: { ...process.env, NODE_ENV: 'production' },
      isReady: answers(`${url}/done`),
    },
    signal,
  );
  onClose(child.stop);
  const send = (name: NodeJS.Signals): void => {
    try {
      process.kill(child.pid, name);
    } catch {
      // It has ended, which its next call reports.
    }
  };
  send('SIGSTOP');
  // A frozen process would not stop.
  onClose(() => send('SIGCONT'));
  const call = async (path: string, method: string): Promise<unknown> => {
    const response = await fetch(url + path, { method, signal });
    if (!response.ok)
      throw new Error(
        `${peers[id].name} responded with ${response.status}: ${await response.text()}\n${child.tail()}`,
      );
    return response.json();
  };
  return {
    ...peers[id],
    pid: child.pid,
    ordersUrl: `${url}/orders`,
    addAll: async (count) => {
      await call(`/items?count=${count}`, 'POST');
    },
    untilDone: () =>
      waitUntil(async () => ((await call('/done', 'GET')) as { done: boolean }).done, {
        what: `${peers[id].name} did not process all items`,
        timeoutMs: 600_000,
        intervalMs: POLL_MS,
        signal,
      }),
    inTurn: async (work) => {
      send('SIGCONT');
      try {
        return await work();
      } finally {
        send('SIGSTOP');
      }
    },
  };
}

/** Between two looks, of the service and of every reference. */
export const POLL_MS = 50;
