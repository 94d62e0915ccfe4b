import { actionButton } from '../html/action-button.ts';
import { badge, facts, jsonBlock, none, section, type Tone } from '../html/elements.ts';
import type { PageContent } from '../html/frame.ts';
import { listPage } from '../html/list-page.ts';
import { markup, type Markup } from '../html/markup.ts';
import { table } from '../html/table.ts';
import { localTime, moment } from '../html/times.ts';
import { linkTo } from '../http/mount.ts';
import type { Page } from '../http/paging.ts';
import { overlapPolicies } from './definition.ts';
import type { ScheduleView } from './schedule-json.ts';
import type { ScheduleRun } from './scheduler.ts';

const path = '/api/schedules';

const tones: Record<ScheduleRun['outcome'], Tone> = {
  running: 'busy',
  completed: 'good',
  failed: 'bad',
  cancelled: 'warn',
  terminated: 'warn',
  timed_out: 'bad',
  unknown: 'idle',
};

/** How a run of a schedule stands, as a colored label. */
export function outcomeBadge(outcome: ScheduleRun['outcome']): Markup {
  return badge(tones[outcome], outcome.replace('_', ' '));
}

/** The list of schedules as a page, with a form that previews the runs of a new one. */
export function scheduleListPage(
  query: Readonly<Record<string, string>>,
  { items, nextCursor }: Page<ScheduleView>,
): PageContent {
  return listPage({
    title: 'Schedules',
    path,
    query,
    before: previewForm(),
    columns: ['Schedule', 'Runs', 'Next run', 'Last run', { name: 'Actions', kind: 'buttons' }],
    rows: items.map((schedule) => [
      markup`<a href="${schedule.links.self}">${schedule.id}</a>${schedule.note !== '' && markup`<p class="note">${schedule.note}</p>`}`,
      markup`${timingOf(schedule)}${schedule.warnings.length > 0 && markup` ${badge('warn', schedule.warnings.length === 1 ? 'warning' : `${schedule.warnings.length} warnings`)}`}`,
      nextRun(schedule),
      lastRun(schedule),
      scheduleButtons(schedule),
    ]),
    nextCursor,
    empty: 'There are no schedules. The command that applies schedules creates the declared ones.',
  });
}

/** One schedule as a page: when it runs, what was wrong, and what an operator can do. */
export function schedulePage(schedule: ScheduleView): PageContent {
  const { id, warnings, counts, nextRuns, recentRuns, links } = schedule;
  return {
    title: id,
    above: markup`<a href="${linkTo(path)}">Schedules</a> · ${schedule.job}`,
    beside: schedule.paused ? badge('warn', 'paused') : badge('good', 'active'),
    refreshSeconds: 10,
    content: markup`${section(
      'facts',
      'Facts',
      markup`${schedule.note !== '' && markup`<p class="lead">${schedule.note}</p>`}
${warnings.map(({ message }) => markup`<p class="away">${message}</p>`)}
${facts([
  ['Runs', timingOf(schedule)],
  ['Job', schedule.job],
  ['If the last run is still open', schedule.overlap.replaceAll('_', ' ')],
  ['Catch-up window', schedule.catchupWindow],
  ['Random delay', schedule.jitter === '0s' ? undefined : `up to ${schedule.jitter}`],
  ['Pauses on failure', schedule.pauseOnFailure ? 'yes' : 'no'],
  [
    'Changed by',
    schedule.owner === null
      ? undefined
      : schedule.owner === 'declared'
        ? 'the code that declares it'
        : 'the API',
  ],
  ['Paused or resumed because', schedule.stateNote ?? undefined],
  ['Runs started', String(counts.started)],
  ['Runs skipped', String(counts.skippedForOverlap)],
  ['Runs lost', counts.lost === 0 ? '0' : badge('bad', String(counts.lost))],
  ['Created', localTime(schedule.createdAt)],
])}
<p class="more"><a href="${links.ui}">Temporal Web UI</a><a href="${linkTo(`/api/audit?what=${encodeURIComponent(id)}`)}">Audit trail</a></p>
<p class="actions">${scheduleButtons(schedule)} ${moreButtons(schedule)}</p>`,
    )}
${section(
  'next',
  'Next runs',
  nextRuns.length === 0
    ? markup`<p class="empty">${schedule.paused ? 'It is paused.' : 'There are none.'}</p>`
    : markup`<ul class="plain">${nextRuns.map(({ utc, local }) => markup`<li>${localTime(utc)} (${moment(utc)}) <span class="note">${local.slice(0, 16).replace('T', ' ')} in ${schedule.timeZone}</span></li>`)}</ul>`,
)}
${section(
  'recent',
  'Last runs',
  recentRuns.length === 0
    ? markup`<p class="empty">It has not run yet.</p>`
    : table(
        'Last runs',
        ['Job', 'Outcome', 'Due', 'Started'],
        recentRuns.map((run) => [
          markup`<a href="${run.links.job}">${run.jobId}</a>`,
          outcomeBadge(run.outcome),
          localTime(run.scheduledAt),
          localTime(run.startedAt),
        ]),
        { cards: true },
      ),
)}
${section('input', 'Input', schedule.unreadable ? markup`<p class="empty">It can no longer be decrypted.</p>` : jsonBlock('Input', schedule.input))}`,
  };
}

/** When it runs. An expression has its time zone beside it: the times of its runs are shown in the reader's. */
function timingOf({ cron, calendar, every, timeZone }: ScheduleView): Markup {
  const zone = markup` <span class="note">${timeZone}</span>`;
  if (cron !== undefined) return markup`<code class="one-line">${cron}</code>${zone}`;
  if (every !== undefined) return markup`<span class="one-line">every ${every}</span>`;
  return calendar === undefined ? none : markup`<code>${JSON.stringify(calendar)}</code>${zone}`;
}

function nextRun({ paused, stateNote, nextRuns: [next] }: ScheduleView): Markup {
  if (paused) return markup`${badge('warn', 'paused')} <span class="note">${stateNote ?? ''}</span>`;
  return next ? localTime(next.utc) : none;
}

function lastRun({ recentRuns: [last], counts }: ScheduleView): Markup {
  const lost = counts.lost > 0 && markup` ${badge('bad', `${counts.lost} lost`)}`;
  if (!last) return markup`${none}${lost}`;
  return markup`<a href="${last.links.job}">${outcomeBadge(last.outcome)}</a> ${localTime(last.startedAt)}${lost}`;
}

/** The buttons that run a schedule now and pause or resume it. */
export function scheduleButtons({ id, paused }: Pick<ScheduleView, 'id' | 'paused'>): Markup {
  const of = linkTo(`${path}/${id}`);
  return markup`${actionButton({ label: 'Run now', of: id, post: `${of}/trigger`, question: `Start a run of ${id} now?` })} ${
    paused
      ? actionButton({
          label: 'Resume',
          of: id,
          post: `${of}/resume`,
          question: `Resume the schedule ${id}?`,
          reasonIn: 'note',
        })
      : actionButton({
          label: 'Pause',
          of: id,
          post: `${of}/pause`,
          question: `Pause the schedule ${id}?`,
          reasonIn: 'note',
        })
  }`;
}

function moreButtons({ id, owner }: ScheduleView): Markup {
  const of = linkTo(`${path}/${id}`);
  return markup`${actionButton({
    label: 'Backfill',
    of: id,
    post: `${of}/backfill`,
    question: `Start the runs of ${id} that were due in a past period?`,
    fields: [
      { name: 'from', label: 'From', type: 'time', required: true },
      { name: 'to', label: 'To', type: 'time', required: true },
    ],
  })} ${actionButton({
    label: 'Run with a policy',
    of: id,
    post: `${of}/trigger`,
    question: `Start a run of ${id} under this overlap policy?`,
    fields: [
      {
        name: 'overlap',
        label: 'If the last run is still open',
        type: overlapPolicies,
        required: true,
      },
    ],
  })} ${
    owner === 'api' &&
    actionButton({
      label: 'Delete',
      of: id,
      post: of,
      method: 'DELETE',
      question: `Delete the schedule ${id}? Runs that have started continue.`,
      isFinal: true,
      then: linkTo(path),
    })
  }`;
}

/** A form whose script shows when an expression would run, and warnings. */
function previewForm(): Markup {
  return markup`<details class="search"><summary>Preview an expression</summary>
<form id="preview" data-post="${linkTo(`${path}/preview`)}"><div class="fields">
<div><label for="preview-cron">Cron expression</label><input id="preview-cron" name="cron" required value="30 2 * * *" autocomplete="off" spellcheck="false"></div>
<div><label for="preview-zone">Time zone</label><input id="preview-zone" name="timeZone" required value="UTC" autocomplete="off" spellcheck="false"></div>
</div><p class="choice"><button class="main">Preview</button></p></form>
<div id="preview-runs" role="status"></div>
<noscript><p class="note">The preview needs JavaScript. Programs use <code>POST ${path}/preview</code>.</p></noscript>
</details>`;
}
