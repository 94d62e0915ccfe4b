import type { Client } from '@temporalio/client';
import type { Db } from '../database/connect.ts';
import { formatCount } from '../values/format.ts';
import { markup, type Markup } from '../html/markup.ts';
import { countFailingJobs } from '../jobs/run-records/failing-activities.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { withinTime } from '../process/within-time.ts';
import { count } from '../html/elements.ts';
import { moment } from '../html/times.ts';
import { table } from '../html/table.ts';
import type { Part } from './part.ts';
import { countedStatuses, RunCounts, type CountedStatus } from './run-counts.ts';
import { linkTo } from '../http/mount.ts';

/** Time that this section waits for the database. */
const DATABASE_MS = 500;

/** Age from which counts are shown with their time. */
const OLD_MS = 15_000;

/** The number of jobs of each type, by status. */
export function jobCountsPart({ db, client, jobs }: { db: Db; client: Client; jobs: JobRegistry }): Part {
  const runCounts = new RunCounts(client, jobs.types);
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
      const { counts, countedAt } = await runCounts.read();
      const rows = jobs.types.map((type) => ({ type, counts: counts.get(type) }));
      const allRetrying = retrying && [...retrying.values()].reduce((sum, jobs) => sum + jobs, 0);
      const isComplete = rows.every(({ counts }) => counts);
      const total = (status: CountedStatus): number | undefined =>
        isComplete ? rows.reduce((sum, { counts }) => sum + (counts?.[status] ?? 0), 0) : undefined;
      return markup`${table(
        'Jobs by type and status',
        [
          'Type',
          { name: 'retrying', kind: 'number' },
          ...countedStatuses.map((status) => ({ name: status, kind: 'number' as const })),
        ],
        [
          ...rows.map(({ type, counts }) => [
            markup`<a href="${listPath({ type })}">${type}</a>`,
            retryingNumber(retrying && (retrying.get(type) ?? 0), { type }),
            ...countedStatuses.map((status) => number(counts?.[status], status, { type, status })),
          ]),
          [
            markup`<a href="${listPath({})}">all</a>`,
            retryingNumber(allRetrying, {}),
            ...countedStatuses.map((status) => number(total(status), status, { status })),
          ],
        ],
      )}<p class="note">Counts the runs that the engine keeps. Retrying jobs are also counted as running.${!isComplete && ' Some are still being counted.'}${isOld(countedAt) && markup` Counted ${moment(countedAt)}.`}</p>`;
    },
  };
}

function isOld(countedAt: Date | undefined): countedAt is Date {
  return countedAt !== undefined && Date.now() - countedAt.getTime() > OLD_MS;
}

function number(value: number | undefined, status: CountedStatus, filter: Record<string, string>): Markup {
  if (value === undefined) return markup`<span class="zero">…</span>`;
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
