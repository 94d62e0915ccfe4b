import { actionButton } from '../html/action-button.ts';
import { badge, count, facts, none, section } from '../html/elements.ts';
import type { PageContent } from '../html/frame.ts';
import { markup, type Markup } from '../html/markup.ts';
import { table } from '../html/table.ts';
import { localTime, moment, span, withTimes } from '../html/times.ts';
import { linkTo } from '../http/mount.ts';
import type { ServiceView } from './read-services.ts';

const path = '/api/services';
const REFRESH_SECONDS = 5;

/** The hosted services as a page. */
export function serviceListPage(services: readonly ServiceView[]): PageContent {
  return {
    title: 'Services',
    refreshSeconds: REFRESH_SECONDS,
    content: section(
      'services',
      'Hosted services',
      table(
        'Services',
        [
          'Service',
          'State',
          'Workers',
          { name: 'Processed', kind: 'number' },
          { name: 'Failed', kind: 'number' },
          'Last error',
          { name: 'Actions', kind: 'buttons' },
        ],
        services.map((service) => [
          markup`<a href="${service.links.self}">${service.id}</a><p class="note">${service.description}</p>`,
          stateOf(service),
          workersOf(service),
          count(service.processed),
          count(service.failed),
          errorOf(service),
          serviceButton(service),
        ]),
        { cards: true },
      ),
    ),
  };
}

/** One hosted service as a page. */
export function servicePage(service: ServiceView): PageContent {
  const { workers } = service;
  return {
    title: service.id,
    above: markup`<a href="${linkTo(path)}">Services</a>`,
    beside: stateOf(service),
    refreshSeconds: REFRESH_SECONDS,
    content: markup`${section(
      'facts',
      'Facts',
      markup`<p class="lead">${service.description}</p>
${facts([
  ['Worker', service.worker ?? 'none yet'],
  ['Running', service.since === null ? undefined : span(service.since)],
  ['Processed', String(service.processed)],
  ['Failed', String(service.failed)],
  ['Last activity', service.lastActivityAt === null ? undefined : moment(service.lastActivityAt)],
  ['Last error', service.lastError === null ? undefined : errorOf(service)],
  ['Paused', service.pausedAt === null ? undefined : localTime(service.pausedAt)],
  ['Job', markup`<a href="${service.links.job}">${service.jobId}</a>`],
])}<p class="more"><a href="${service.links.ui}">Temporal Web UI</a></p>
<p class="actions">${serviceButton(service)}</p>`,
    )}
${
  workers.length > 0 &&
  section(
    'workers',
    'Workers',
    table(
      'Workers',
      [
        'Worker',
        'State',
        'Since',
        { name: 'Processed', kind: 'number' },
        { name: 'Failed', kind: 'number' },
        'Last error',
      ],
      workers.map((worker) => [
        worker.worker,
        badge(worker.busy ? 'busy' : 'good', worker.busy ? 'working' : 'idle'),
        localTime(worker.since),
        count(worker.processed),
        count(worker.failed),
        errorOf(worker),
      ]),
      { cards: true },
    ),
  )
}`,
  };
}

function stateOf({ state, busy }: ServiceView): Markup {
  if (state === 'paused') return badge('warn', 'paused');
  if (state !== 'running') return badge('bad', 'no worker');
  return badge(busy ? 'busy' : 'good', busy ? 'working' : 'idle');
}

function workersOf({ worker, workers }: ServiceView): Markup | string {
  if (workers.length > 1) return `${workers.length} workers`;
  return workers[0]?.worker ?? worker ?? none;
}

/** Longest error message that a page shows. */
const MOST_LETTERS = 300;

function errorOf({ lastError }: Pick<ServiceView, 'lastError'>): Markup {
  return lastError
    ? markup`${withTimes(lastError.message.slice(0, MOST_LETTERS))} (${moment(lastError.at)})`
    : markup``;
}

/** The button that pauses a service, or resumes a paused one. */
export function serviceButton({ id, state }: Pick<ServiceView, 'id' | 'state'>): Markup {
  return state === 'paused'
    ? actionButton({
        label: 'Resume',
        of: id,
        post: linkTo(`${path}/${id}/resume`),
        question: `Resume the service ${id}?`,
      })
    : actionButton({
        label: 'Pause',
        of: id,
        post: linkTo(`${path}/${id}/pause`),
        question: `Pause the service ${id}? New work waits until it is resumed.`,
      });
}
