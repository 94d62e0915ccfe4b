import { isEnded } from '../../engine/run-status.ts';
import { badge, facts, jsonBlock, none, section } from '../../html/elements.ts';
import type { PageContent } from '../../html/frame.ts';
import { markup, type Markup } from '../../html/markup.ts';
import { table } from '../../html/table.ts';
import { localTime, moment, withTimes } from '../../html/times.ts';
import { linkTo } from '../../http/mount.ts';
import { formatDuration, formatName } from '../../values/format.ts';
import { turnsText } from '../../values/priority.ts';
import type { Why } from '../explain/why.ts';
import { inWords } from '../kebab-case.ts';
import type { ShownJob } from '../read-job.ts';
import { linkToJob } from '../link-to-job.ts';
import { timelineSection } from '../timeline/timeline-page.ts';
import { showJob } from '../watch.ts';
import { jobButtons } from './action-buttons.ts';
import type { JobPageData } from './read-job-page.ts';
import { relatedLinks } from './related-links.ts';
import { statusBadge } from './status-badge.ts';

/** Seconds after which the open page of a job is refreshed: while it is open, events come first, and it may be retried after its end. */
const REFRESH_SECONDS = 10;
const ENDED_REFRESH_SECONDS = 30;

/**
 * One job as a page: why it is in its state, what an operator can do, its attempts, what happened, and its data. `showsInput` is whether the
 * reader may see the input.
 */
export function jobPage(data: JobPageData, now: Date, { showsInput }: { showsInput: boolean }): PageContent {
  const { job, why, timeline, related } = data;
  return {
    title: job.id,
    above: markup`<a href="${linkTo('/api/jobs')}">Jobs</a> · <a href="${linkTo(`/api/jobs?type=${encodeURIComponent(job.type)}`)}">${inWords(job.type)}</a>`,
    refreshSeconds: isEnded(job.status) ? ENDED_REFRESH_SECONDS : REFRESH_SECONDS,
    events: isEnded(job.status) ? undefined : linkToJob(job.id, '/events'),
    shownEvent: showJob({ view: job, why, progress: job.progress }).id,
    content: markup`${section(
      'state',
      'Why',
      markup`<p class="lead">${statusBadge(job.status)} ${withTimes(why.sentence)}</p>
${job.progress !== null && progress(job.progress)}${hints(why)}${relatedLinks(related)}
<p class="actions">${jobButtons(job.id, job.status)}</p>`,
    )}
${section('facts', 'Facts', factsOf(job))}
${(job.attempts.length > 0 || job.plannedAttempts.length > 0) && section('attempts', 'Attempts', attempts(job))}
${timeline && timelineSection(timeline, now)}
${section('data', 'Input and result', values(data, showsInput))}
${job.starts.length > 0 && section('starts', 'Committed starts', starts(job))}`,
  };
}

/** What else may help, as sentences. What there are buttons for is not repeated. */
function hints({ actions }: Why): Markup | false {
  const others = actions.filter(
    ({ path }) => path === undefined || !/\/(retry|pause|resume|reschedule|terminate)$/.test(path),
  );
  const shown = others.filter(({ method }) => method !== 'DELETE');
  return (
    shown.length > 0 &&
    markup`<ul class="hints">${shown.map(
      ({ does, method, path }) =>
        markup`<li>${linked(does)}${path !== undefined && markup` <code>${method ?? 'GET'} ${path}</code>`}</li>`,
    )}</ul>`
  );
}

/** A sentence such as `See GET /api/groups/tea.` with its address as a link. */
function linked(sentence: string): Markup {
  const [, before = '', path, after = ''] = /^(.*)GET (\/\S+?)(\.?)$/.exec(sentence) ?? [];
  return path === undefined
    ? withTimes(sentence)
    : markup`${before}<a href="${path.replace(/\/why$/, '')}">${path}</a>${after}`;
}

function progress(value: unknown): Markup {
  const { done, total, message } = (typeof value === 'object' && value !== null ? value : {}) as {
    done?: unknown;
    total?: unknown;
    message?: unknown;
  };
  const hasBar = typeof done === 'number' && typeof total === 'number' && total > 0;
  return markup`${hasBar && markup`<progress max="${total}" value="${done}" aria-label="Progress"></progress>`}<p class="note">Progress: ${
    hasBar
      ? `${done} of ${total}${typeof message === 'string' ? `, ${message}` : ''}`
      : markup`<code>${JSON.stringify(value)}</code>`
  }</p>
`;
}

function factsOf(job: ShownJob): Markup {
  const { links } = job;
  const took = job.closedAt === null ? undefined : Date.parse(job.closedAt) - Date.parse(job.createdAt);
  return markup`${facts([
    ['Type', job.type],
    ['Key', job.businessKey ?? undefined],
    ['Priority', String(job.priority)],
    ['Takes turns as', job.fairness === null ? undefined : turnsText(job.fairness)],
    ['Created', localTime(job.createdAt)],
    [
      'Ended',
      job.closedAt === null
        ? undefined
        : markup`${localTime(job.closedAt)} <span class="one-line">after ${formatDuration(took ?? 0)}</span>`,
    ],
    ['Gives up', job.deadline === null ? undefined : localTime(job.deadline)],
    ['Cancellation requested', job.cancelRequestedAt === null ? undefined : localTime(job.cancelRequestedAt)],
    ['Run', job.runId === null ? 'not started yet' : markup`<code>${job.runId}</code>`],
    [
      'Waits for',
      links.waitsFor === null
        ? undefined
        : markup`<a href="${links.waitsFor}">${decodeURIComponent(links.waitsFor.split('/').at(-1) ?? '')}</a>`,
    ],
    [
      'Replaced by',
      links.replacedBy === null
        ? undefined
        : markup`<a href="${links.replacedBy}">${decodeURIComponent(links.replacedBy.split('/').at(-1) ?? '')}</a>`,
    ],
    ['Retry of', links.retryOf === null ? undefined : markup`<a href="${links.retryOf}">an earlier run</a>`],
    [
      'Retried by',
      links.retriedBy === null ? undefined : markup`<a href="${links.retriedBy}">a later run</a>`,
    ],
  ])}
<p class="more">${links.ui !== null && markup`<a href="${links.ui}">Temporal Web UI</a>`}<a href="${linkTo(`/api/audit?what=${encodeURIComponent(job.id)}`)}">Audit trail</a>${job.runId !== null && markup`<a href="${linkToJob(job.id, '/timeline')}">Timeline only</a>`}</p>`;
}

function attempts({ attempts: made, plannedAttempts }: ShownJob): Markup {
  return markup`${
    made.length > 0 &&
    table(
      'Attempts',
      ['Step', { name: 'Attempt', kind: 'number' }, 'Started', { name: 'Took', kind: 'number' }, 'Outcome'],
      made.map(({ activity, number, startedAt, endedAt, error }) => [
        inWords(activity),
        String(number),
        startedAt === null ? none : localTime(startedAt),
        startedAt === null || endedAt === null
          ? none
          : formatDuration(Date.parse(endedAt) - Date.parse(startedAt)),
        error
          ? markup`${badge('bad', error.code)} ${withTimes(error.message)}`
          : endedAt === null
            ? badge('busy', 'running')
            : badge('good', 'succeeded'),
      ]),
      { cards: true },
    )
  }${
    plannedAttempts.length > 0 &&
    markup`<h3>Planned, unless an earlier one succeeds</h3>
<ul class="plain">${plannedAttempts.map((at) => markup`<li>${localTime(at)} (${moment(at)})</li>`)}</ul>`
  }`;
}

function values({ job, input }: JobPageData, showsInput: boolean): Markup {
  return markup`<h3>Input</h3>
${
  !showsInput
    ? markup`<p class="empty">Only operators see the input.</p>`
    : input === undefined
      ? markup`<p class="empty">There is none to show${job.runId === null && ' until the job has started'}.</p>`
      : jsonBlock('Input', input)
}
<h3>Result</h3>
${
  job.failure
    ? markup`<p>${badge('bad', job.failure.code)} ${withTimes(job.failure.message)}</p>`
    : job.status === 'completed'
      ? jsonBlock('Result', job.result)
      : markup`<p class="empty">There is none${!isEnded(job.status) && ' yet'}.</p>`
}`;
}

function starts({ starts: committed }: ShownJob): Markup {
  return table(
    'Committed starts',
    ['Accepted', 'Outcome', 'Starts', 'Expires'],
    committed.map(({ acceptedAt, startAt, expiresAt, outcome }) => [
      localTime(acceptedAt),
      formatName(outcome),
      startAt === null ? 'at once' : localTime(startAt),
      expiresAt === null ? 'never' : localTime(expiresAt),
    ]),
    { cards: true },
  );
}
