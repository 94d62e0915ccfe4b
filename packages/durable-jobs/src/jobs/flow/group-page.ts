import { htmlPage } from '../../html/html-page.ts';
import { Markup, markup } from '../../html/markup.ts';
import { pageIcon } from '../../html/page-icon.ts';
import { pageStyle } from '../../html/page-style.ts';
import { table } from '../../html/table.ts';
import { linkTo } from '../../http/mount.ts';
import { formatCount, formatName } from '../../values/format.ts';
import type { GroupJson, GroupPageJson } from './group-json.ts';

/** Styles of these pages in addition to a report's. */
const ownStyle = new Markup(`
h1, th, td { overflow-wrap: anywhere; }
.more { margin-top: .8rem; }
td.text, th.text { text-align: left; }
`);

/** The list of groups as a page, newest first. */
export function groupListPage({ items, nextCursor }: GroupPageJson): string {
  const rows = items.map((group) => [
    markup`<a href="${group.links.self}">${group.id}</a>`,
    formatName(group.state),
    formatCount(group.counts.total),
    formatCount(group.counts.pending),
    formatCount(group.counts.failed),
    time(group.createdAt),
  ]);
  return page(
    'Groups of jobs',
    markup`<header><p class="kicker"><a href="${linkTo('/')}">Durable Jobs</a></p><h1>Groups of jobs</h1></header>
<section>${
      rows.length === 0
        ? markup`<p class="empty">There are no groups.</p>`
        : table(
            'Groups',
            ['Group', 'State', number('Jobs'), number('Pending'), number('Failed'), 'Created'],
            rows,
          )
    }${more('/api/groups', nextCursor)}</section>`,
  );
}

/** One group as a page: its counts, the job that completes it, and a page of its jobs. */
export function groupPage(group: GroupJson): string {
  const { id, state, counts, completion, jobs, links } = group;
  const { total, ...byEnd } = counts;
  return page(
    `Group ${id}`,
    markup`<header>
<p class="kicker"><a href="${linkTo('/api/groups')}">Groups of jobs</a> · ${formatName(state)}</p>
<h1>${id}</h1>
<p class="note">Created at ${time(group.createdAt)}${group.closedAt !== null && markup`, closed at ${time(group.closedAt)}`}${group.completedAt !== null && markup`, completed at ${time(group.completedAt)}`}.</p>
<p class="note">${
      completion === null
        ? 'It has no completion job yet, and accepts more jobs.'
        : markup`Completion job: ${links.completion === null ? formatName(completion.type) : markup`<a href="${links.completion}${group.completedAt === null ? '/why' : '/timeline'}">${completion.jobId ?? ''}</a>`}.`
    }</p>
</header>
<dl class="tiles">${[['total', total] as const, ...Object.entries(byEnd)].map(
      ([name, value]) =>
        markup`<div class="tile"><dt>${formatName(name)}</dt><dd>${formatCount(value)}</dd></div>`,
    )}</dl>
<section><h2>Jobs</h2>${
      jobs.items.length === 0
        ? markup`<p class="empty">There are no jobs.</p>`
        : table(
            'Jobs',
            ['Job', 'Ended as', 'Ended at'],
            jobs.items.map((job) => [
              job.links.job === null
                ? 'not checked yet'
                : markup`<a href="${job.links.job}${hasRun(job.end) ? '/timeline' : '/why'}">${job.jobId ?? ''}</a>`,
              job.end === null ? 'pending' : formatName(job.end),
              job.endedAt === null ? '' : time(job.endedAt),
            ]),
          )
    }${more(links.self, jobs.nextCursor)}</section>`,
  );
}

function page(title: string, content: Markup): string {
  return htmlPage({ title, style: markup`${pageStyle}${ownStyle}`, content, head: pageIcon });
}

/** Whether a job surely has a run, so that it has a timeline. */
function hasRun(end: GroupJson['jobs']['items'][number]['end']): boolean {
  return end !== null && end !== 'not_started' && end !== 'unknown';
}

const number = (name: string) => ({ name, kind: 'number' as const });

function more(path: string, cursor: string | null): Markup | false {
  const href = cursor === null ? '' : `${path}?cursor=${encodeURIComponent(cursor)}`;
  return cursor !== null && markup`<p class="more"><a href="${href}" rel="next">More</a></p>`;
}

function time(at: string): Markup {
  return markup`<time datetime="${at}">${at.slice(0, 19).replace('T', ' ')} UTC</time>`;
}
