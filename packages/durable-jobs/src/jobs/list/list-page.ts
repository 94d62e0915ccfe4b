import { isEnded } from '../../engine/run-status.ts';
import { none, nothing } from '../../html/elements.ts';
import type { PageContent } from '../../html/frame.ts';
import { markup, type Markup } from '../../html/markup.ts';
import { pageLinks } from '../../html/page-links.ts';
import { searchForm, type SearchField } from '../../html/search-form.ts';
import { table } from '../../html/table.ts';
import { localTime, withTimes } from '../../html/times.ts';
import { linkTo } from '../../http/mount.ts';
import type { RetryScope } from '../act/job-actions.ts';
import { hasError, jobStatuses, type JobStatus } from '../job-view.ts';
import { statusBadge } from '../page/status-badge.ts';
import type { JobPage } from './list-jobs.ts';
import type { ListedJob } from './listed-job.ts';

/** The search that a page of jobs is the result of: the parameters of `GET /api/jobs`. */
export type JobSearch = Readonly<Record<string, string>>;

/** How often the first page of an open list is refreshed. */
const REFRESH_SECONDS = 15;

const path = '/api/jobs';

/** The list of jobs as a page: the search, the jobs, and what operators can do with several of them. */
export function jobListPage(
  search: JobSearch,
  { items, nextCursor, asOf }: JobPage,
  types: readonly string[],
  start?: Markup,
): PageContent {
  const { cursor } = search;
  const filter = Object.fromEntries(
    Object.entries(search).filter(([name]) => name !== 'cursor' && name !== 'limit'),
  );
  return {
    title: 'Jobs',
    refreshSeconds: cursor === undefined ? REFRESH_SECONDS : undefined,
    content: markup`${start && markup`<p class="actions">${start}</p>`}
${statusTabs(filter)}
${searchForm(path, fieldsOf(types, filter.status), filter, ['status'])}
${selectionBar(filter)}
<section aria-labelledby="list-title">
<h2 id="list-title" class="hidden">Jobs found</h2>
<div id="list-content" data-live data-jobs="${linkTo(path)}">${
      items.length === 0
        ? nothing(
            nextCursor === null
              ? 'No job matches the search.'
              : 'No job matches so far. The search continues on the next page.',
          )
        : table('Jobs', ['Job', 'Status', 'Created', 'Ended or starts', 'Error'], items.map(row), {
            cards: true,
            pick: {
              name: 'job',
              choices: items.map(({ id, runId, startId, status }) => ({
                label: id,
                value: JSON.stringify(runId === null ? { id, startId } : { id, runId }),
                scope: scopeOfRetry(status),
              })),
            },
          })
    }${pageLinks(path, search, nextCursor)}
<p class="note">Complete up to ${localTime(asOf)}. <a href="${webUiPath(filter)}">This search in the Web UI</a></p></div>
</section>`,
  };
}

/** What people mean who retry a job that they see in this state. */
const scopeOfRetry = (status: JobStatus): RetryScope => (isEnded(status) ? 'run' : 'attempt');

function row(job: ListedJob): (Markup | string)[] {
  const error = job.failure ?? job.lastError;
  const at = job.closedAt ?? job.startsAt;
  return [
    markup`<a href="${job.links.self}">${job.id}</a>`,
    statusBadge(job.status),
    localTime(job.createdAt),
    at === null ? none : localTime(at),
    error === null ? '' : markup`<code>${error.code}</code> ${withTimes(shorten(error.message))}`,
  ];
}

/** Longest error message in a list. */
const MOST_LETTERS = 160;

function shorten(text: string): string {
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
}

/** The fields of the search; those that the status excludes are left out. */
function fieldsOf(types: readonly string[], status: string | undefined): SearchField[] {
  const fields: SearchField[] = [
    { name: 'type', label: 'Type', options: types },
    { name: 'businessKeyPrefix', label: 'Key begins with' },
    { name: 'businessKey', label: 'Key is', onlyIfSet: true },
    { name: 'errorCode', label: 'Error code', isRare: true },
    { name: 'errorMessage', label: 'Error message contains', isRare: true },
    { name: 'startedAfter', label: 'Started after', isTime: true, isRare: true },
    { name: 'startedBefore', label: 'Started before', isTime: true, isRare: true },
    { name: 'closedAfter', label: 'Ended after', isTime: true, isRare: true },
    { name: 'closedBefore', label: 'Ended before', isTime: true, isRare: true },
  ];
  return fields.filter(({ name }) =>
    applies(
      name,
      jobStatuses.find((known) => known === status),
    ),
  );
}

/** Links to the same search in each status. Filters that do not apply to the status are left out. */
function statusTabs(filter: JobSearch): Markup {
  const { status: current, ...rest } = filter;
  const tab = (status: JobStatus | undefined): Markup => {
    const query = new URLSearchParams({
      ...Object.fromEntries(Object.entries(rest).filter(([name]) => applies(name, status))),
      ...(status && { status }),
    }).toString();
    return markup`<a href="${linkTo(query === '' ? path : `${path}?${query}`)}"${current === status && markup` aria-current="true"`}>${status ?? 'all'}</a>`;
  };
  return markup`<nav class="tabs" aria-label="Status">${tab(undefined)}${jobStatuses.map(tab)}</nav>`;
}

function applies(filter: string, status: JobStatus | undefined): boolean {
  if (status === undefined) return true;
  if (filter.startsWith('error')) return hasError(status);
  return isEnded(status) || !filter.startsWith('closed');
}

/** Statuses that the engine's index knows, so that a batch can find the jobs. */
const batchable: readonly (string | undefined)[] = [
  undefined,
  'scheduled',
  'running',
  'failed',
  'cancelled',
  'terminated',
];

/** Why people can't act on all jobs of a status at once; undefined if they can. */
function hintOnAll(status: string | undefined): string | undefined {
  if (batchable.includes(status)) return undefined;
  return status === 'completed'
    ? 'Completed jobs cannot be changed.'
    : `Choose the status running to act on all of them: it includes jobs that are ${status}.`;
}

function selectionBar(filter: JobSearch): Markup {
  const button = (value: string, label: string, isFinal = false): Markup =>
    markup`<button type="button" class="act${isFinal && ' final'}" value="${value}" disabled>${label}</button>`;
  const hint = hintOnAll(filter.status);
  return markup`<div class="bar for-operators" id="selection" hidden role="group" aria-label="Act on several jobs" data-search="${JSON.stringify(filter)}">
<span class="picked" role="status">0 jobs selected:</span>
${button('retry', 'Retry')}${button('pause', 'Pause')}${button('resume', 'Resume')}${button('reschedule', 'Reschedule')}${button('cancel', 'Cancel', true)}${button('terminate', 'Terminate', true)}
<label><input type="checkbox" name="all"${hint !== undefined && markup` disabled title="${hint}"`}> All jobs that match, on every page</label>
</div>`;
}

/** The Web UI can search by type and by the statuses that the engine's index knows. */
function webUiPath({ type, status }: JobSearch): string {
  const isKnown = status !== undefined && !['waiting', 'retrying', 'paused'].includes(status);
  const query = new URLSearchParams({
    ...(type !== undefined && { type }),
    ...(status !== undefined && { status: isKnown ? status : 'running' }),
  }).toString();
  return linkTo(query === '' ? '/dashboard' : `/dashboard?${query}`);
}
