import type { z } from 'zod';
import {
  badge,
  count,
  facts,
  listPage,
  localTime,
  markup,
  type PageContent,
  section,
  type Tone,
} from 'durable-jobs/html';
import { linkTo, type Page } from 'durable-jobs/http';
import { formatCount } from 'durable-jobs/values';
import type { findingJson } from './finding-json.ts';
import { findingColumns, findingRow } from './finding-page.ts';
import type { ReconciliationView } from './json.ts';

const path = '/api/reconciliations';

const tones: Record<ReconciliationView['status'], Tone> = {
  running: 'busy',
  completed: 'good',
  failed: 'bad',
  cancelled: 'idle',
};

/** The list of reconciliations as a page of the console. */
export function reconciliationListPage(
  query: Readonly<Record<string, string>>,
  { items, nextCursor }: Page<ReconciliationView>,
): PageContent {
  return listPage({
    title: 'Reconciliations',
    about: 'Comparisons of orders with the payment provider, which the schedule hourly-sync makes.',
    path,
    query,
    columns: [
      'Began',
      'Status',
      ...['Payments', 'Orders', 'Found', 'Repaired', 'Open'].map((name) => ({
        name,
        kind: 'number' as const,
      })),
    ],
    rows: items.map(({ links, startedAt, status, read, result }) => [
      markup`<a href="${links.self}">${localTime(startedAt)}</a>`,
      badge(tones[status], status),
      count(read.payments),
      count(read.orders),
      count(result.found),
      count(result.repaired),
      count(result.open),
    ]),
    nextCursor,
    empty: 'There are no reconciliations yet.',
  });
}

/** One reconciliation with its findings as a page of the console. */
export function reconciliationPage(
  query: Readonly<Record<string, string>>,
  run: ReconciliationView & { findings: Page<z.output<typeof findingJson>> },
): PageContent {
  const { read, result, links, findings } = run;
  const list = listPage({
    title: 'Findings',
    path: `${path}/${run.id}`,
    query,
    columns: findingColumns,
    rows: findings.items.map(findingRow),
    nextCursor: findings.nextCursor,
    empty: 'This reconciliation found nothing that is not as it should be.',
    before: section(
      'facts',
      'Facts',
      facts([
        ['Began', localTime(run.startedAt)],
        ['Ended', run.endedAt === null ? undefined : localTime(run.endedAt)],
        ['Compared since', localTime(run.windowStart)],
        ['Job', markup`<a href="${links.job}">${run.jobId}</a>`],
        [
          'Read',
          `${formatCount(read.payments)} payments, ${formatCount(read.refunds)} refunds, ${formatCount(read.orders)} orders`,
        ],
        [
          'Findings',
          `${formatCount(result.found)} found, ${formatCount(result.repaired)} repaired, ${formatCount(result.resolved)} resolved, ${formatCount(result.open)} open`,
        ],
      ]),
    ),
  });
  return {
    ...list,
    title: 'Reconciliation',
    above: markup`<a href="${linkTo(path)}">Reconciliations</a>`,
    beside: badge(tones[run.status], run.status),
  };
}
