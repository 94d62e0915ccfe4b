import type { PageContent } from '../../html/frame.ts';
import { Markup, markup } from '../../html/markup.ts';
import { clockTime, localTime, withTimes } from '../../html/times.ts';
import { formatDuration } from '../../values/format.ts';
import type { JobRelations } from '../flow/groups.ts';
import { linkToJob } from '../link-to-job.ts';
import { inWords } from '../kebab-case.ts';
import { relatedLinks } from '../page/related-links.ts';
import { statusBadge } from '../page/status-badge.ts';
import { legend, timelineChart } from './timeline-chart.ts';
import type { Step, Timeline } from './timeline.ts';

/** Seconds after which the open timeline of a job that has not ended is refreshed. */
const REFRESH_SECONDS = 10;

/** The timeline of one run as a page of its own. */
export function timelinePage(timeline: Timeline, now: Date, related: JobRelations): PageContent {
  const { id, type, status, why, from, to, links } = timeline;
  return {
    title: `Timeline of ${id}`,
    above: markup`<a href="${linkToJob(id)}">${id}</a> · ${inWords(type)}`,
    beside: statusBadge(status),
    refreshSeconds: to === null ? REFRESH_SECONDS : undefined,
    content: markup`<section aria-labelledby="state-title"><h2 id="state-title" class="hidden">State</h2><div id="state" data-live>
<p class="lead">${withTimes(why.sentence)}</p>
<p class="note">From ${localTime(from)}${to !== null && markup` to ${localTime(to)}`}. ${to === null ? `Open for ${formatDuration(now.getTime() - Date.parse(from))}.` : `It took ${formatDuration(Date.parse(to) - Date.parse(from))}.`}</p>
${relatedLinks(related)}${(links.previousRun !== null || links.nextRun !== null) && markup`<p class="note">${links.previousRun !== null && markup`<a href="${links.previousRun}">Previous run</a> `}${links.nextRun !== null && markup`<a href="${links.nextRun}">Next run</a>`}</p>`}
</div></section>
${timelineSection(timeline, now)}`,
  };
}

/** What happened to a run: a chart beside a table with the same data. */
export function timelineSection(timeline: Timeline, now: Date): Markup {
  const { steps, note, from } = timeline;
  const isOneDay = new Set(steps.map(({ at }) => at.slice(0, 10))).size === 1;
  return markup`<section id="timeline" aria-labelledby="timeline-title">
<h2 id="timeline-title">What happened</h2>
<ul class="legend">${legend.map(({ name, shape }) => markup`<li><svg viewBox="0 0 10 10" aria-hidden="true">${shape}</svg>${name}</li>`)}</ul>
<div id="timeline-content" data-live><div class="beside"><div>${timelineChart(timeline, now)}<p class="note">The axis counts from ${localTime(from)}.</p></div>
<div class="scroll" role="group" aria-label="Steps" tabindex="0"><table class="steps">
<thead><tr><th scope="col">Time</th><th scope="col">What</th><th scope="col">Took</th></tr></thead>
<tbody>
${steps.map((step) => row(step, isOneDay))}</tbody></table></div></div>
${note !== null && markup`<p class="note">${note}</p>`}</div>
</section>`;
}

function row(step: Step, isOneDay: boolean): Markup {
  const took =
    step.durationMs === null ? 'still running' : step.durationMs > 0 ? formatDuration(step.durationMs) : '';
  return markup`<tr${step.error && new Markup(' class="failed"')}><th scope="row">${isOneDay ? clockTime(step.at) : localTime(step.at)}</th><td>${withTimes(step.text)}</td><td>${took}</td></tr>
`;
}
