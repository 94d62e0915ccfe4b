import type { Client } from '@temporalio/client';
import { catalogue } from '../../contracts/catalogue.ts';
import type { JobType } from '../../contracts/signatures.ts';
import { endedStatusOfIndexed } from '../../platform/jobs/ended-status.ts';
import { formatCount } from '../../platform/reports/format.ts';
import { markup, type Markup } from '../../platform/reports/markup.ts';
import { jobQuery } from '../../platform/visibility-query.ts';
import { dashboardPath } from './dashboard.ts';
import { count, table } from './markup.ts';
import type { Part } from './part.ts';

/** How jobs are counted, in the order of the columns. */
const statuses = ['running', 'completed', 'failed', 'cancelled', 'terminated'] as const;

type Status = (typeof statuses)[number];

/** How many jobs of each type there are, by status. */
export function jobCountsPart(client: Client): Part {
  return {
    id: 'jobs',
    title: 'Jobs',
    asks: 'The job engine',
    async render() {
      const rows = await Promise.all(
        (Object.keys(catalogue) as JobType[]).map(async (type) => ({
          type,
          counts: await readCounts(client, type),
        })),
      );
      const total = (status: Status) => rows.reduce((sum, { counts }) => sum + counts[status], 0);
      return markup`${table(
        'Jobs by type and status',
        ['Type', ...statuses.map((status) => ({ name: status, kind: 'number' as const }))],
        [
          ...rows.map(({ type, counts }) => [
            markup`<a href="${dashboardPath({ type })}">${type}</a>`,
            ...statuses.map((status) => number(counts[status], status, { type, status })),
          ]),
          [
            markup`<a href="${dashboardPath()}">all</a>`,
            ...statuses.map((status) => number(total(status), status, { status })),
          ],
        ],
      )}<p class="note">Of the runs that the engine keeps. A number leads to the Web UI.</p>`;
    },
  };
}

function number(value: number, status: Status, filter: Record<string, string>): Markup {
  if (value === 0) return count(0);
  const tone = status === 'failed' ? 'bad' : status === 'running' ? 'busy' : '';
  return markup`<a class="${tone}" href="${dashboardPath(filter)}">${formatCount(value)}</a>`;
}

async function readCounts(client: Client, type: JobType): Promise<Record<Status, number>> {
  const { groups } = await client.workflow.count(`${jobQuery({ types: [type] })} GROUP BY ExecutionStatus`);
  const counts = { running: 0, completed: 0, failed: 0, cancelled: 0, terminated: 0 };
  for (const group of groups) {
    const indexed = String(group.groupValues[0]);
    // A run that was continued by another is not counted: that one is.
    const status = indexed === 'Running' ? 'running' : endedStatusOfIndexed(indexed);
    if (status) counts[status] += group.count;
  }
  return counts;
}
