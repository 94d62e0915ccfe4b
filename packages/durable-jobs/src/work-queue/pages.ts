import type { z } from 'zod';
import { actionButton } from '../html/action-button.ts';
import { badge, count, facts, jsonBlock, none, nothing, section, type Tone } from '../html/elements.ts';
import type { PageContent } from '../html/frame.ts';
import { listPage } from '../html/list-page.ts';
import { markup, type Markup } from '../html/markup.ts';
import { schemaFields } from '../html/schema-fields.ts';
import { startButton } from '../html/start-button.ts';
import { table } from '../html/table.ts';
import { localTime, withTimes } from '../html/times.ts';
import { linkTo } from '../http/mount.ts';
import type { Page } from '../http/paging.ts';
import { formatDuration } from '../values/format.ts';
import { turnsText } from '../values/priority.ts';
import type { backlogJson, workItemJson } from './json.ts';
import type { WorkKindRegistry } from './work-kinds.ts';

const path = '/api/work-items';

type WorkItemView = z.output<typeof workItemJson>;
type BacklogView = z.output<typeof backlogJson>;

const tones: Record<WorkItemView['status'], Tone> = {
  pending: 'idle',
  running: 'busy',
  completed: 'good',
  dead: 'bad',
};

/** The list of work items as a page, with what there is to do of each kind. */
export function workItemListPage(
  query: Readonly<Record<string, string>>,
  { items, nextCursor }: Page<WorkItemView>,
  {
    backlogs,
    kinds,
    enqueue,
  }: { backlogs: readonly BacklogView[]; kinds: readonly string[]; enqueue?: Markup | undefined },
): PageContent {
  return listPage({
    title: 'Work items',
    path,
    query,
    fields: [
      { name: 'status', label: 'Status', options: Object.keys(tones) },
      { name: 'kind', label: 'Kind', options: kinds },
    ],
    before: markup`${enqueue && markup`<p class="actions">${enqueue}</p>`}
${section('backlogs', 'By kind', backlogTable(backlogs))}`,
    columns: [
      'Item',
      'Kind',
      'Status',
      { name: 'Attempts', kind: 'number' },
      'Created',
      'Error',
      { name: 'Actions', kind: 'buttons' },
    ],
    rows: items.map((item) => [
      markup`<a href="${item.links.self}">${item.id}</a>`,
      item.kind,
      badge(tones[item.status], item.status),
      attempts(item),
      localTime(item.createdAt),
      item.lastError === null
        ? ''
        : markup`<code>${item.lastError.code}</code> ${withTimes(item.lastError.message)}`,
      buttons(item),
    ]),
    nextCursor,
    empty: 'No work item matches the search.',
  });
}

/** The button that enqueues an item of a kind, with a form for its payload. */
export function enqueueButton({ all }: WorkKindRegistry): Markup | undefined {
  if (all.length === 0) return undefined;
  return startButton({
    label: 'Enqueue an item',
    post: linkTo(path),
    typeField: { name: 'kind', label: 'Kind' },
    valueField: 'payload',
    types: all.map(({ kind, description, payload }) => ({
      name: kind,
      description,
      fields: schemaFields(payload, 'payload'),
    })),
    fields: [
      { name: 'notBefore', label: 'Not before', type: 'time', hint: 'At once, if it is empty.' },
      {
        name: 'dedupeKey',
        label: 'Dedupe key',
        type: 'text',
        maxLength: 200,
        hint: 'Enqueues the item once per key.',
      },
    ],
  });
}

/** One work item as a page. */
export function workItemPage(item: WorkItemView): PageContent {
  const error = item.lastError;
  return {
    title: item.id,
    above: markup`<a href="${linkTo(path)}">Work items</a> · <a href="${linkTo(`${path}?kind=${encodeURIComponent(item.kind)}`)}">${item.kind}</a>`,
    beside: badge(tones[item.status], item.status),
    refreshSeconds: item.status === 'pending' || item.status === 'running' ? 5 : undefined,
    content: markup`${section(
      'facts',
      'Facts',
      markup`${facts([
        ['Attempts', attempts(item)],
        ['Due', localTime(item.notBefore)],
        ['Lease until', item.leaseExpiresAt === null ? undefined : localTime(item.leaseExpiresAt)],
        ['Created', localTime(item.createdAt)],
        ['Started', item.startedAt === null ? undefined : localTime(item.startedAt)],
        ['Ended', item.endedAt === null ? undefined : localTime(item.endedAt)],
        ['Dedupe key', item.dedupeKey ?? undefined],
        ['Priority', String(item.priority)],
        ['Takes turns as', item.fairness === null ? undefined : turnsText(item.fairness)],
        [
          'Last error',
          error === null
            ? undefined
            : markup`${badge('bad', error.code)} ${withTimes(error.message)}${error.at !== null && markup`, ${localTime(error.at)}`}`,
        ],
      ])}<p class="actions">${buttons(item)}</p>`,
    )}
${section(
  'data',
  'Payload and result',
  markup`<h3>Payload</h3>
${value('Payload', item.payload, item.omitted.includes('payload'))}
<h3>Result</h3>
${value('Result', item.result, item.omitted.includes('result'))}`,
)}`,
  };
}

function value(name: string, shown: unknown, isOmitted: boolean): Markup {
  if (isOmitted) return markup`<p class="empty">It is too long to be shown.</p>`;
  return shown === null || shown === undefined
    ? markup`<p class="empty">There is none.</p>`
    : jsonBlock(name, shown);
}

function attempts({ attempts: made, maximumAttempts }: WorkItemView): string {
  return maximumAttempts === null ? String(made) : `${made} of ${maximumAttempts}`;
}

function backlogTable(backlogs: readonly BacklogView[]): Markup {
  if (backlogs.length === 0) return nothing('There are no work items.');
  const number = (name: string) => ({ name, kind: 'number' as const });
  return table(
    'Work items by kind',
    [
      'Kind',
      number('Pending'),
      number('Running'),
      number('Due'),
      'Oldest due',
      number('Dead'),
      { name: 'Actions', kind: 'buttons' },
    ],
    backlogs.map(({ kind, known, pending, running, due, oldestDueAgeMs, dead }) => [
      markup`<a href="${linkTo(`${path}?kind=${encodeURIComponent(kind)}`)}">${kind}</a>${!known && markup` ${badge('warn', 'no handler')}`}`,
      count(pending),
      count(running),
      count(due),
      oldestDueAgeMs === null ? none : formatDuration(oldestDueAgeMs),
      dead === 0
        ? count(0)
        : markup`<a class="bad" href="${linkTo(`${path}?status=dead&kind=${encodeURIComponent(kind)}`)}">${dead}</a>`,
      dead > 0 && known
        ? actionButton({
            label: 'Requeue dead',
            of: kind,
            post: linkTo(`${path}/requeue`),
            body: { kind },
            question: `Requeue all dead items of the kind ${kind}? A bulk job does it.`,
          })
        : '',
    ]),
    { cards: true },
  );
}

function buttons({ id, status, links }: WorkItemView): Markup {
  return markup`${
    status === 'dead' &&
    actionButton({
      label: 'Requeue',
      of: id,
      post: `${links.self}/requeue`,
      question: 'Process this item again?',
    })
  }${
    (status === 'dead' || status === 'pending') &&
    actionButton({
      label: 'Delete',
      of: id,
      post: links.self,
      method: 'DELETE',
      question: 'Delete this item? It will not be processed.',
      isFinal: true,
      then: linkTo(path),
    })
  }`;
}
