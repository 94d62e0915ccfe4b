import { markup, type Markup } from '../html/markup.ts';
import type { ScheduleBrief, Scheduler, ScheduleRun } from '../schedules/scheduler.ts';
import { actionButton, badge, moment, nothing, type Tone } from './markup.ts';
import { table } from '../html/table.ts';
import type { Part } from './part.ts';
import { linkTo } from '../http/mount.ts';

const tones: Record<ScheduleRun['outcome'], Tone> = {
  running: 'busy',
  completed: 'good',
  failed: 'bad',
  cancelled: 'warn',
  terminated: 'warn',
  timed_out: 'bad',
  unknown: 'idle',
};

/** When each schedule runs next, how its last run ended, and how many runs were lost. */
export function schedulesPart(scheduler: Scheduler): Part {
  return {
    id: 'schedules',
    title: 'Schedules',
    asks: 'The job engine',
    async render() {
      const schedules = await scheduler.overview();
      if (schedules.length === 0) {
        return nothing('There are no schedules. `npm run schedules -- apply` creates the declared ones.');
      }
      return table(
        'Schedules',
        ['Schedule', 'Next run', 'Last run', { name: '', kind: 'buttons' }],
        schedules.map((schedule) => [
          name(schedule),
          nextRun(schedule),
          lastRun(schedule),
          buttons(schedule),
        ]),
        { cards: true },
      );
    },
  };
}

function name({ id, note, lost }: ScheduleBrief): Markup {
  const named = markup`<span title="${note}">${id}</span>`;
  return lost === 0 ? named : markup`${named} ${badge('bad', `${lost} lost`)}`;
}

function nextRun({ paused, stateNote, nextRun: next }: ScheduleBrief): Markup | string {
  if (paused) return markup`${badge('warn', 'paused')} <span class="note">${stateNote ?? ''}</span>`;
  return next ? moment(next) : 'none';
}

function lastRun({ lastRun: last }: ScheduleBrief): Markup | string {
  if (!last) return markup`<span class="zero">none yet</span>`;
  const href = linkTo(`/dashboard?job=${encodeURIComponent(last.jobId)}`);
  return markup`<a href="${href}">${badge(tones[last.outcome], last.outcome.replace('_', ' '))}</a> ${moment(last.startedAt)}`;
}

function buttons({ id, paused }: ScheduleBrief): Markup {
  const path = linkTo(`/api/schedules/${id}`);
  return markup`${actionButton({ label: 'Run now', of: id, post: `${path}/trigger`, question: `Start a run of ${id} now?` })} ${
    paused
      ? actionButton({
          label: 'Resume',
          of: id,
          post: `${path}/resume`,
          question: `Resume the schedule ${id}?`,
        })
      : actionButton({
          label: 'Pause',
          of: id,
          post: `${path}/pause`,
          question: `Pause the schedule ${id}?`,
        })
  }`;
}
