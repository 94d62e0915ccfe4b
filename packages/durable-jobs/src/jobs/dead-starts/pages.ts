import type { z } from 'zod';
import { actionButton } from '../../html/action-button.ts';
import { badge, facts, jsonBlock, none, section, type Tone } from '../../html/elements.ts';
import type { PageContent } from '../../html/frame.ts';
import { listPage } from '../../html/list-page.ts';
import { markup, type Markup } from '../../html/markup.ts';
import { localTime, withTimes } from '../../html/times.ts';
import { linkTo } from '../../http/mount.ts';
import type { Page } from '../../http/paging.ts';
import { refusalCodes } from '../outbox/refused-start.ts';
import type { deadStartJson } from './json.ts';

const path = '/api/dead-starts';

type DeadStartView = z.output<typeof deadStartJson>;

const tones: Record<DeadStartView['status'], Tone> = { dead: 'bad', requeued: 'busy', discarded: 'idle' };

/** The list of dead starts as a page. */
export function deadStartListPage(
  query: Readonly<Record<string, string>>,
  { items, nextCursor }: Page<DeadStartView>,
): PageContent {
  return listPage({
    title: 'Dead starts',
    about: 'Starts of jobs that were committed and cannot be made, because the job or its input is refused.',
    path,
    query,
    fields: [
      { name: 'code', label: 'Code', options: refusalCodes },
      { name: 'type', label: 'Job type' },
    ],
    columns: ['Start', 'Job', 'Reason', 'Accepted', 'Dead since', { name: 'Actions', kind: 'buttons' }],
    rows: items.map((start) => [
      markup`<a href="${start.links.self}">${start.id}</a>`,
      jobOf(start),
      markup`<code>${start.reason.code}</code> ${withTimes(start.reason.message)}`,
      localTime(start.acceptedAt),
      localTime(start.deadSince),
      buttons(start),
    ]),
    nextCursor,
    empty: 'There are no dead starts.',
  });
}

/** One dead start as a page. */
export function deadStartPage(start: DeadStartView): PageContent {
  return {
    title: `Start ${start.id}`,
    above: markup`<a href="${linkTo(path)}">Dead starts</a>`,
    beside: badge(tones[start.status], start.status),
    content: markup`${section(
      'facts',
      'Facts',
      markup`<p class="lead"><code>${start.reason.code}</code> ${withTimes(start.reason.message)}</p>
${facts([
  ['Job type', start.jobType],
  ['Job', jobOf(start)],
  ['Attempts', String(start.attempts)],
  ['Accepted', localTime(start.acceptedAt)],
  ['Dead since', localTime(start.deadSince)],
  ['Requested time', start.startAt === null ? undefined : localTime(start.startAt)],
  ['Dedupe key', start.dedupeKey ?? undefined],
  ['Request', start.requestId === null ? undefined : markup`<code>${start.requestId}</code>`],
  ['Discarded because', start.discardReason ?? undefined],
])}<p class="actions">${buttons(start)}</p>`,
    )}
${section(
  'input',
  'Input',
  start.input === null
    ? markup`<p class="empty">${start.omitted.includes('input') ? 'It is too long to be shown.' : 'It is no longer kept.'}</p>`
    : jsonBlock('Input', start.input),
)}`,
  };
}

function jobOf({ jobId, jobType, links }: DeadStartView): Markup {
  if (links.job === null || jobId === null) return markup`${none} ${jobType}`;
  return markup`<a href="${links.job}">${jobId}</a>`;
}

function buttons({ id, status, links }: DeadStartView): Markup {
  if (status !== 'dead') return markup``;
  return markup`${actionButton({
    label: 'Requeue',
    of: `start ${id}`,
    post: `${links.self}/requeue`,
    question: `Try start ${id} again? Do this after the cause is fixed.`,
  })} ${actionButton({
    label: 'Discard',
    of: `start ${id}`,
    post: `${links.self}/discard`,
    question: `Discard start ${id}? Its job will not be started.`,
    reasonIn: 'reason',
    needsReason: true,
    isFinal: true,
  })}`;
}
