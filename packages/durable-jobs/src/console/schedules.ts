import { markup, type Markup } from '../html/markup.ts';
import { outcomeBadge, scheduleButtons } from '../schedules/pages.ts';
import type { ScheduleBrief, Scheduler } from '../schedules/scheduler.ts';
import { badge, nothing } from '../html/elements.ts';
import { moment } from '../html/times.ts';
import { table } from '../html/table.ts';
import type { Part } from './part.ts';
import { linkTo } from '../http/mount.ts';
import { linkToJob } from '../jobs/link-to-job.ts';

/** When each schedule runs next, how its last run ended, and how many runs were lost. */
export function schedulesPart(scheduler: Scheduler): Part {
  return {
    id: 'schedules',
    title: 'Schedules',
    asks: 'The job engine',
    async render() {
      const schedules = await scheduler.overview();
      if (schedules.length === 0) {
        return nothing(
          'There are no schedules. The command that applies schedules creates the declared ones.',
        );
      }
      return table(
        'Schedules',
        ['Schedule', 'Next run', 'Last run', { name: 'Actions', kind: 'buttons' }],
        schedules.map((schedule) => [
          name(schedule),
          nextRun(schedule),
          lastRun(schedule),
          scheduleButtons(schedule),
        ]),
        { cards: true },
      );
    },
  };
}

function name({ id, note, lost }: ScheduleBrief): Markup {
  const named = markup`<a href="${linkTo(`/api/schedules/${id}`)}" title="${note}">${id}</a>`;
  return lost === 0 ? named : markup`${named} ${badge('bad', `${lost} lost`)}`;
}

function nextRun({ paused, stateNote, nextRun: next }: ScheduleBrief): Markup | string {
  if (paused) return markup`${badge('warn', 'paused')} <span class="note">${stateNote ?? ''}</span>`;
  return next ? moment(next) : 'none';
}

function lastRun({ lastRun: last }: ScheduleBrief): Markup | string {
  if (!last) return markup`<span class="zero">none yet</span>`;
  return markup`<a href="${linkToJob(last.jobId)}">${outcomeBadge(last.outcome)}</a> ${moment(last.startedAt)}`;
}
