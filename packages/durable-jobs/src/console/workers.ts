import type { Client } from '@temporalio/client';
import { markup, type Markup } from '../html/markup.ts';
import { taskKindsOf } from '../engine/declared-queues.ts';
import { describeTaskQueue, POLLER_FRESH_MS, type TaskKind } from '../engine/task-queues.ts';
import { badge, count, moment } from './markup.ts';
import { table } from '../html/table.ts';
import type { Part } from './part.ts';

/** The workers that poll each task queue, and its backlog. */
export function workersPart(client: Client, queues: readonly string[]): Part {
  return {
    id: 'workers',
    title: 'Task queues and workers',
    asks: 'The job engine',
    async render() {
      const lanes = await Promise.all(
        queues.flatMap((queue) => taskKindsOf(queue).map((kind) => readLane(client, queue, kind))),
      );
      return table(
        'Task queues and workers',
        ['Queue', { name: 'Waiting', kind: 'number' }, 'Polled by'],
        lanes.map(({ queue, kind, waiting, pollers }) => [
          markup`${queue} <span class="note">${kind === 'workflow' ? 'workflows' : 'activities'}</span>`,
          count(waiting),
          polledBy(pollers),
        ]),
      );
    },
  };
}

interface Poller {
  identity: string;
  lastSeenAt: Date | undefined;
}

function polledBy(pollers: readonly Poller[]): Markup {
  const isFresh = ({ lastSeenAt }: Poller) =>
    lastSeenAt && Date.now() - lastSeenAt.getTime() <= POLLER_FRESH_MS;
  return markup`${!pollers.some(isFresh) && badge('bad', 'no worker')}<ul class="plain">${pollers.map(
    (poller) =>
      markup`<li>${poller.identity}${!isFresh(poller) && poller.lastSeenAt && markup` <span class="note">gone; last seen ${moment(poller.lastSeenAt)}</span>`}</li>`,
  )}</ul>`;
}

async function readLane(client: Client, queue: string, kind: TaskKind) {
  const { stats, pollers } = await describeTaskQueue(client, queue, kind);
  return {
    queue,
    kind,
    waiting: Number(stats?.approximateBacklogCount ?? 0),
    pollers: pollers
      .map(({ identity, lastAccessTime }): Poller => ({
        identity: identity ?? '',
        lastSeenAt: lastAccessTime ? new Date(Number(lastAccessTime.seconds ?? 0) * 1_000) : undefined,
      }))
      .toSorted((a, b) => (a.identity < b.identity ? -1 : 1)),
  };
}
