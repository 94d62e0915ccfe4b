import { formatDay, formatDuration, formatName, formatShortDay } from '../../values/format.ts';
import { htmlPage } from '../../html/html-page.ts';
import { Markup, markup } from '../../html/markup.ts';
import { pageIcon } from '../../html/page-icon.ts';
import { pageStyle } from '../../html/page-style.ts';
import { linkToGroup } from '../flow/link-to-group.ts';
import type { JobRelations } from '../flow/groups.ts';
import { linkToJob } from '../link-to-job.ts';
import { inWords } from '../job-definition.ts';
import { legend, timelineChart } from './timeline-chart.ts';
import type { Step, Timeline } from './timeline.ts';

/** Styles of this page in addition to a report's. */
const ownStyle = new Markup(`
h1 { font-size: 1.35rem; overflow-wrap: anywhere; letter-spacing: 0; }
.why { margin-top: .8rem; overflow-wrap: anywhere; }
.steps td:last-child { text-align: right; }
.steps :is(th, td):nth-child(2) { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.steps th time { font-variant-numeric: tabular-nums; }
.steps .failed td:nth-child(2)::before { content: '× '; color: var(--red); font-weight: 700; }
.chart path.green { fill: var(--green); }
.chart path.cross, .legend path.cross { fill: none; stroke: var(--ink); stroke-width: 1.6; stroke-linecap: round; }
.legend path.green { fill: var(--green); }
.chart rect.open, .legend rect.open { fill: none; stroke: var(--blue); stroke-width: 1.6; stroke-dasharray: 3 2; }
@media (min-width: 46.01rem) { .beside { grid-template-columns: minmax(0, 26rem) minmax(0, 1fr); } }
@media (max-width: 46rem) { h1 { font-size: 1.1rem; } }
`);

/**
 * Returns a timeline as an HTML page, like a report: no scripts, charts as inline SVG next to a table with the same data, readable on a
 * phone, in light and dark, and under a content security policy that only allows inline styles.
 */
export function timelinePage(timeline: Timeline, now: Date, related: JobRelations): string {
  const { id, type, status, steps, why, note, from, to } = timeline;
  const oneDay = new Set(steps.map(({ at }) => at.slice(0, 10))).size === 1;
  return htmlPage({
    title: `Timeline of ${id}`,
    style: markup`${pageStyle}${ownStyle}`,
    head: pageIcon,
    content: markup`<header>
<p class="kicker">${inWords(type)} · ${formatName(status)}</p>
<h1>${id}</h1>
<p class="note">${formatDay(from)}${!oneDay && to !== null && ` to ${formatDay(to)}`}, UTC. ${to === null ? `Open for ${formatDuration(now.getTime() - Date.parse(from))}.` : `It took ${formatDuration(Date.parse(to) - Date.parse(from))}.`}</p>
<p class="why">${why.sentence}</p>
${relatedLinks(related)}</header>
<section>
<h2>What happened</h2>
<ul class="legend">${legend.map(({ name, shape }) => markup`<li><svg viewBox="0 0 10 10" aria-hidden="true">${shape}</svg>${name}</li>`)}</ul>
<div class="beside"><div>${timelineChart(timeline, now)}<p class="note">The axis counts from ${clock(from)} UTC.</p></div>
<div class="scroll"><table class="steps">
<thead><tr><th scope="col">${oneDay ? 'Time' : 'Day and time'}</th><th scope="col">What</th><th scope="col">Took</th></tr></thead>
<tbody>
${steps.map((step) => row(step, oneDay))}</tbody></table></div></div>
${note !== null && markup`<p class="note">${note}</p>`}
</section>`,
  });
}

function relatedLinks({ groups, continuations }: JobRelations): Markup {
  const line = (name: string, links: Markup[]) =>
    links.length > 0 &&
    markup`<p class="note">${name}: ${links.map((link, index) => [index > 0 && ', ', link])}</p>
`;
  return markup`${line(
    groups.length === 1 ? 'Group' : 'Groups',
    groups.map((id) => markup`<a href="${linkToGroup(id)}">${id}</a>`),
  )}${line(
    'Starts after it',
    continuations.map((id) => markup`<a href="${linkToJob(id, '/why')}">${id}</a>`),
  )}`;
}

function row(step: Step, oneDay: boolean): Markup {
  const time = `${oneDay ? '' : `${formatShortDay(step.at)} `}${clock(step.at)}`;
  const took =
    step.durationMs === null ? 'goes on' : step.durationMs > 0 ? formatDuration(step.durationMs) : '';
  return markup`<tr${step.error && new Markup(' class="failed"')}><th scope="row"><time datetime="${step.at}">${time}</time></th><td>${step.text}</td><td>${took}</td></tr>
`;
}

/** The time of day, to the tenth of a second. */
function clock(time: string): string {
  return time.slice(11, 21);
}
