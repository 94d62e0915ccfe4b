import { badge, facts, nothing, section, type Tone } from '../../html/elements.ts';
import type { PageContent } from '../../html/frame.ts';
import { markup, type Markup } from '../../html/markup.ts';
import { pageLinks } from '../../html/page-links.ts';
import { table } from '../../html/table.ts';
import { localTime } from '../../html/times.ts';
import { linkTo } from '../../http/mount.ts';
import { formatCount, formatName } from '../../values/format.ts';
import type { GroupJson, GroupPageJson } from './group-json.ts';
import { inWords } from '../kebab-case.ts';

/** How often open pages of groups are refreshed. */
const REFRESH_SECONDS = 10;

const path = '/api/groups';
const number = (name: string) => ({ name, kind: 'number' as const });

type Query = Readonly<Record<string, string>>;

/** The list of groups as a page, newest first. */
export function groupListPage(query: Query, { items, nextCursor }: GroupPageJson): PageContent {
  const rows = items.map((group) => [
    markup`<a href="${group.links.self}">${group.id}</a>`,
    stateBadge(group.state),
    formatCount(group.counts.total),
    formatCount(group.counts.pending),
    formatCount(group.counts.failed),
    localTime(group.createdAt),
  ]);
  return {
    title: 'Groups of jobs',
    refreshSeconds: REFRESH_SECONDS,
    content: section(
      'groups',
      'Groups, newest first',
      markup`${
        rows.length === 0
          ? nothing('There are no groups. An application creates them with enqueueGroup.')
          : table(
              'Groups',
              ['Group', 'State', number('Jobs'), number('Pending'), number('Failed'), 'Created'],
              rows,
              { cards: true },
            )
      }${pageLinks(path, query, nextCursor)}`,
    ),
  };
}

/** One group as a page: its counts, the job that completes it, and a page of its jobs. */
export function groupPage(query: Query, group: GroupJson): PageContent {
  const { id, state, counts, completion, jobs, links } = group;
  const { total, ...byEnd } = counts;
  return {
    title: id,
    above: markup`<a href="${linkTo(path)}">Groups of jobs</a>`,
    beside: stateBadge(state),
    refreshSeconds: group.completedAt === null ? REFRESH_SECONDS : undefined,
    content: markup`<dl class="tiles" id="counts" data-live>${[
      ['total', total] as const,
      ...Object.entries(byEnd),
    ].map(
      ([name, value]) =>
        markup`<div class="tile"><dt>${inWords(name)}</dt><dd>${formatCount(value)}</dd></div>`,
    )}</dl>
${section(
  'facts',
  'Facts',
  facts([
    ['Created', localTime(group.createdAt)],
    ['Closed', group.closedAt === null ? undefined : localTime(group.closedAt)],
    ['Completed', group.completedAt === null ? undefined : localTime(group.completedAt)],
    [
      'Completion job',
      completion === null
        ? 'none yet; the group accepts more jobs'
        : links.completion === null
          ? formatName(completion.type)
          : markup`<a href="${links.completion}">${completion.jobId ?? ''}</a>`,
    ],
  ]),
)}
${section(
  'members',
  'Jobs',
  markup`${
    jobs.items.length === 0
      ? nothing('There are no jobs.')
      : table(
          'Jobs',
          ['Job', 'Ended as', 'Ended'],
          jobs.items.map((job) => [
            job.links.job === null
              ? 'not checked yet'
              : markup`<a href="${job.links.job}">${job.jobId ?? ''}</a>`,
            job.end === null ? 'pending' : inWords(job.end),
            job.endedAt === null ? '' : localTime(job.endedAt),
          ]),
          { cards: true },
        )
  }${pageLinks(`${path}/${encodeURIComponent(id)}`, query, jobs.nextCursor)}`,
)}`,
  };
}

const tones: Partial<Record<string, Tone>> = { open: 'busy', pending: 'busy', completed: 'good' };

function stateBadge(state: GroupJson['state']): Markup {
  return badge(tones[state] ?? 'idle', formatName(state));
}
