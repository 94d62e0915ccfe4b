import type { Client } from '@temporalio/client';
import { endedStatusOfIndexed, INDEXED_OPEN } from '../engine/run-status.ts';
import type { Db } from '../database/connect.ts';
import { formatCount } from '../values/format.ts';
import { markup, type Markup } from '../html/markup.ts';
import { countFailingJobs } from '../jobs/run-records/failing-activities.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { jobQuery } from '../engine/visibility-query.ts';
import { withinTime } from '../process/within-time.ts';
import { count } from '../html/elements.ts';
import { table } from '../html/table.ts';
import type { Part } from './part.ts';
import { linkTo } from '../http/mount.ts';

/** The counted statuses, in the order of the columns. */
const statuses = ['running', 'completed', 'failed', 'cancelled', 'terminated'] as const;

type Status = (typeof statuses)[number];

/** Time that this section waits for the database. */
const DATABASE_MS = 500;

/** The number of jobs of each type, by status. */
export function jobCountsPart({ db, client, jobs }: { db: Db; client: Client; jobs: JobRegistry }): Part {
  return {
    id: 'jobs',
    title: 'Jobs',
    asks: 'The job engine',
    async render() {
      // The engine's numbers are shown even without the database.
      const retrying = await withinTime(
        DATABASE_MS,
        () => countFailingJobs(db),
        () => new Error('no response in time'),
      ).catch(() => undefined);
      const rows = await Promise.all(
        jobs.types.map(async (type) => ({
          type,
          counts: await readCounts(client, type),
        })),
      );
      const allRetrying = retrying && [...retrying.values()].reduce((sum, jobs) => sum + jobs, 0);
      const total = (status: Status) => rows.reduce((sum, { counts }) => sum + counts[status], 0);
      return markup`${table(
        'Jobs by type and status',
        [
          'Type',
          { name: 'retrying', kind: 'number' },
          ...statuses.map((status) => ({ name: status, kind: 'number' as const })),
        ],
        [
          ...rows.map(({ type, counts }) => [
            markup`<a href="${listPath({ type })}">${type}</a>`,
            retryingNumber(retrying && (retrying.get(type) ?? 0), { type }),
            ...statuses.map((status) => number(counts[status], status, { type, status })),
          ]),
          [
            markup`<a href="${listPath({})}">all</a>`,
            retryingNumber(allRetrying, {}),
            ...statuses.map((status) => number(total(status), status, { status })),
          ],
        ],
      )}<p class="note">Counts the runs that the engine keeps. Retrying jobs are also counted as running.</p>`;
    },
  };
}

function number(value: number, status: Status, filter: Record<string, string>): Markup {
  if (value === 0) return count(0);
  const tone = status === 'failed' ? 'bad' : status === 'running' ? 'busy' : '';
  return markup`<a class="${tone}" href="${listPath(filter)}">${formatCount(value)}</a>`;
}

function listPath(filter: Record<string, string>): string {
  const query = new URLSearchParams(filter).toString();
  return linkTo(query === '' ? '/api/jobs' : `/api/jobs?${query}`);
}

function retryingNumber(value: number | undefined, filter: Record<string, string>): Markup {
  if (value === undefined) return markup`<span class="zero">?</span>`;
  if (value === 0) return count(0);
  return markup`<a class="bad" href="${listPath({ status: 'retrying', ...filter })}">${formatCount(value)}</a>`;
}

async function readCounts(client: Client, type: string): Promise<Record<Status, number>> {
  const { groups } = await client.workflow.count(`${jobQuery({ types: [type] })} GROUP BY ExecutionStatus`);
  const counts = { running: 0, completed: 0, failed: 0, cancelled: 0, terminated: 0 };
  for (const group of groups) {
    const indexed = String(group.groupValues[0]);
    // A run that continued as new is not counted; the run that continues it is.
    const status = indexed === INDEXED_OPEN ? 'running' : endedStatusOfIndexed(indexed);
    if (status) counts[status] += group.count;
  }
  return counts;
}
