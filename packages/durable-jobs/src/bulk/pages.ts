import type { z } from 'zod';
import { actionButton } from '../html/action-button.ts';
import { badge, facts, none, section, type Tone } from '../html/elements.ts';
import type { PageContent } from '../html/frame.ts';
import { listPage } from '../html/list-page.ts';
import { markup, type Markup } from '../html/markup.ts';
import { pageLinks } from '../html/page-links.ts';
import { table } from '../html/table.ts';
import { localTime, moment, withTimes } from '../html/times.ts';
import { linkTo } from '../http/mount.ts';
import type { Page } from '../http/paging.ts';
import { formatCount } from '../values/format.ts';
import type { bulkJobJson, BulkJobView } from './json.ts';
import { hasEnded } from './json.ts';
import { bulkEventId } from './watch.ts';

const path = '/api/bulk-jobs';

const tones: Record<z.output<typeof bulkJobJson>['status'], Tone> = {
  queued: 'idle',
  running: 'busy',
  paused: 'warn',
  completed: 'good',
  cancelled: 'idle',
};

/** An item that failed, as the JSON of a bulk job has it. */
export interface FailedItemView {
  position: number;
  item: unknown;
  omitted: readonly string[];
  attempts: number;
  error: { code: string | null; message: string | null };
}

/** The list of bulk jobs as a page. */
export function bulkJobListPage(
  query: Readonly<Record<string, string>>,
  { items, nextCursor }: Page<BulkJobView>,
): PageContent {
  return listPage({
    title: 'Bulk jobs',
    about: 'Jobs that process many items. An action on many jobs is one too.',
    path,
    query,
    refreshSeconds: 5,
    columns: [
      'Bulk job',
      'Status',
      'Progress',
      { name: 'Failed', kind: 'number' },
      'Created',
      { name: 'Actions', kind: 'buttons' },
    ],
    rows: items.map((job) => [
      markup`<a href="${job.links.self}">${job.task}</a><p class="note">${job.id}</p>`,
      badge(tones[job.status], job.status),
      progressOf(job),
      job.counts.failed === 0 ? '0' : badge('bad', formatCount(job.counts.failed)),
      localTime(job.createdAt),
      buttons(job),
    ]),
    nextCursor,
    empty: 'There are no bulk jobs.',
  });
}

/** One bulk job as a page: its progress, and the items that failed. */
export function bulkJobPage(
  query: Readonly<Record<string, string>>,
  job: BulkJobView,
  failed: Page<FailedItemView>,
): PageContent {
  const { counts } = job;
  return {
    title: job.task,
    above: markup`<a href="${linkTo(path)}">Bulk jobs</a>`,
    beside: badge(tones[job.status], job.status),
    refreshSeconds: hasEnded(job.status) ? 30 : 5,
    events: hasEnded(job.status) ? undefined : job.links.events,
    shownEvent: bulkEventId(job.status, counts),
    content: markup`<dl class="tiles" id="counts" data-live>${Object.entries(counts).map(
      ([name, value]) => markup`<div class="tile"><dt>${name}</dt><dd>${formatCount(value)}</dd></div>`,
    )}</dl>
${section(
  'progress',
  'Progress',
  markup`${progressOf(job)}
${facts([
  ['Rate', job.rate === null ? undefined : `${formatCount(job.rate)} items per second`],
  ['Estimated end', job.estimatedEndAt === null ? undefined : moment(job.estimatedEndAt)],
  ['Created', localTime(job.createdAt)],
  ['Started', job.startedAt === null ? undefined : localTime(job.startedAt)],
  ['Ended', job.endedAt === null ? undefined : localTime(job.endedAt)],
  ['Items from', job.query === null ? 'an upload' : `the query ${job.query}`],
  ['Job', markup`<a href="${job.links.job}">${job.jobId}</a>`],
])}<p class="actions">${buttons(job)}</p>`,
)}
${section(
  'failed',
  'Failed items',
  failed.items.length === 0
    ? markup`<p class="empty">No item has failed.</p>`
    : markup`${table(
        'Failed items',
        ['Position', 'Item', 'Error', { name: 'Attempts', kind: 'number' }],
        failed.items.map(({ position, item, omitted, attempts, error }) => [
          String(position),
          omitted.length > 0 ? none : markup`<code>${JSON.stringify(item)}</code>`,
          markup`<code>${error.code ?? ''}</code> ${withTimes(error.message ?? '')}`,
          String(attempts),
        ]),
        { cards: true },
      )}${pageLinks(`${path}/${job.id}`, query, failed.nextCursor)}`,
)}`,
  };
}

function progressOf({ id, task, counts }: BulkJobView): Markup {
  const ended = counts.done + counts.failed;
  return markup`<progress max="${Math.max(1, counts.total)}" value="${ended}" aria-label="Progress of ${task} ${id}"></progress><p class="note">${formatCount(ended)} of ${formatCount(counts.total)}</p>`;
}

function buttons({ id, status, counts, links }: BulkJobView): Markup {
  const button = (label: string, name: string, question: string, isFinal = false): Markup =>
    actionButton({ label, of: id, post: `${links.self}/${name}`, question, isFinal });
  return markup`${
    (status === 'running' || status === 'queued') &&
    button('Pause', 'pause', 'Pause this bulk job? The items in progress are finished first.')
  } ${status === 'paused' && button('Resume', 'resume', 'Resume this bulk job?')} ${
    !hasEnded(status) &&
    button('Cancel', 'cancel', 'Cancel this bulk job? The remaining items are not processed.', true)
  } ${
    counts.failed > 0 &&
    status !== 'cancelled' &&
    button('Retry failed', 'retry-failed', `Process the ${formatCount(counts.failed)} failed items again?`)
  }`;
}
