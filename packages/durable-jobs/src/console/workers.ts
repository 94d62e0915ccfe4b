import type { Client } from '@temporalio/client';
import { badge, count } from '../html/elements.ts';
import { markup, type Markup } from '../html/markup.ts';
import { table } from '../html/table.ts';
import { moment } from '../html/times.ts';
import { readLanes, type Poller } from './lanes.ts';
import type { Part } from './part.ts';

/** The workers that poll each task queue, and its backlog. */
export function workersPart(client: Client, queues: readonly string[]): Part {
  return {
    id: 'workers',
    title: 'Task queues and workers',
    asks: 'The job engine',
    async render() {
      return table(
        'Task queues and workers',
        ['Queue', { name: 'Waiting', kind: 'number' }, 'Polled by'],
        (await readLanes(client, queues)).map(({ queue, kind, waiting, pollers }) => [
          markup`${queue} <span class="note">${kind === 'workflow' ? 'workflows' : 'activities'}</span>`,
          count(waiting),
          polledBy(pollers),
        ]),
      );
    },
  };
}

function polledBy(pollers: readonly Poller[]): Markup {
  return markup`${!pollers.some(({ isPolling }) => isPolling) && badge('bad', 'no worker')}<ul class="plain">${pollers.map(
    ({ worker, version, isPolling, lastSeenAt }) =>
      markup`<li>${worker}${version !== undefined && markup` <span class="note">${version}</span>`}${!isPolling && lastSeenAt !== null && markup` <span class="note">gone; last seen ${moment(lastSeenAt)}</span>`}</li>`,
  )}</ul>`;
}
