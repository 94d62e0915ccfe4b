import type { Db } from '../database/connect.ts';
import { formatCount, formatName } from '../values/format.ts';
import { markup, type Markup } from '../html/markup.ts';
import { summariseWork } from '../work-queue/rows.ts';
import type { WorkKindRegistry } from '../work-queue/work-kinds.ts';
import { readBacklogs } from '../metrics/backlogs.ts';
import { badge, count } from '../html/elements.ts';
import { span } from '../html/times.ts';
import { table } from '../html/table.ts';
import { linkTo } from '../http/mount.ts';
import type { Part } from './part.ts';

/** Shown separately by kind here. */
const toldByKind: readonly string[] = ['work-items', 'unhandled-work-items', 'dead-work-items'];

/** What is waiting in our own tables, and since when the oldest entry has been waiting. */
export function queuesPart(db: Db, workKinds: WorkKindRegistry): Part {
  return {
    id: 'queues',
    title: 'Queues',
    asks: 'The database',
    async render() {
      const [backlogs, work] = await Promise.all([readBacklogs(db, workKinds.kinds), summariseWork(db)]);
      return table(
        'Queues',
        ['Queue', { name: 'Waiting', kind: 'number' }, 'Oldest', { name: 'Dead', kind: 'number' }],
        [
          ...backlogs
            .filter(({ queue }) => !toldByKind.includes(queue))
            .map(({ queue, items, since }) => row(nameOf(queue), items, since, count(0))),
          ...work.map(({ kind, pending, running, dead, oldestDueAgeMs }) =>
            row(
              markup`<a href="${linkTo(`/api/work-items?kind=${encodeURIComponent(kind)}`)}">work: ${kind}</a>${!workKinds.find(kind) && ' (no handler)'}`,
              pending + running,
              oldestDueAgeMs === null
                ? null
                : new Date(Math.round((Date.now() - oldestDueAgeMs) / 1_000) * 1_000),
              dead === 0
                ? count(0)
                : markup`<a href="${linkTo(`/api/work-items?status=dead&kind=${encodeURIComponent(kind)}`)}">${badge('bad', formatCount(dead))}</a>`,
            ),
          ),
        ],
      );
    },
  };
}

/** The pages of the queues that have one. */
const pages: Partial<Record<string, string>> = {
  emails: '/api/emails?status=pending',
  'dead-starts': '/api/dead-starts',
  'dead-letters': '/api/dead-letters?status=open',
  outbox: '/api/jobs?status=scheduled',
  'bulk-items': '/api/bulk-jobs',
};

function nameOf(queue: string): Markup | string {
  const page = pages[queue];
  return page === undefined ? formatName(queue) : markup`<a href="${linkTo(page)}">${formatName(queue)}</a>`;
}

function row(name: Markup | string, waiting: number, since: Date | null, dead: Markup): (Markup | string)[] {
  return [name, count(waiting), since ? span(since) : markup`<span class="zero">–</span>`, dead];
}
