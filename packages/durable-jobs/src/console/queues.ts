import type { Db } from '../database/connect.ts';
import { formatCount, formatName } from '../values/format.ts';
import { markup, type Markup } from '../html/markup.ts';
import { summariseWork } from '../work-queue/rows.ts';
import type { WorkKindRegistry } from '../work-queue/work-kinds.ts';
import { readBacklogs } from '../metrics/backlogs.ts';
import { badge, count, span } from './markup.ts';
import { table } from '../html/table.ts';
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
            .map(({ queue, items, since }) => row(queue, items, since, 0)),
          ...work.map(({ kind, pending, running, dead, oldestDueAgeMs }) =>
            row(
              workKinds.find(kind) ? `work: ${kind}` : `work: ${kind} (no handler)`,
              pending + running,
              oldestDueAgeMs === null
                ? null
                : new Date(Math.round((Date.now() - oldestDueAgeMs) / 1_000) * 1_000),
              dead,
            ),
          ),
        ],
      );
    },
  };
}

function row(name: string, waiting: number, since: Date | null, dead: number): (Markup | string)[] {
  return [
    formatName(name),
    count(waiting),
    since ? span(since) : markup`<span class="zero">–</span>`,
    dead > 0 ? badge('bad', formatCount(dead)) : count(0),
  ];
}
