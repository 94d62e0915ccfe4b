import type { z } from 'zod';
import { badge, listPage, localTime, markup, type Markup, type PageContent } from 'durable-jobs/html';
import type { Page } from 'durable-jobs/http';
import { formatName } from 'durable-jobs/values';
import type { findingJson } from './finding-json.ts';

/** The columns of a table of findings. */
export const findingColumns = ['Finding', 'Status', 'About', 'Repair', 'Details', 'Last seen'];

/** A finding as a row of a table with {@link findingColumns}. */
export function findingRow(finding: z.output<typeof findingJson>): (Markup | string)[] {
  return [
    formatName(finding.kind),
    badge(finding.status === 'open' ? 'bad' : 'good', finding.status),
    finding.links.order === null
      ? finding.subject
      : markup`<a href="${finding.links.order}">${finding.subject}</a>`,
    finding.repair === null ? '' : formatName(finding.repair),
    finding.details === null ? '' : markup`<code>${JSON.stringify(finding.details)}</code>`,
    localTime(finding.lastSeenAt),
  ];
}

/** The list of findings as a page of the console. */
export function findingListPage(
  query: Readonly<Record<string, string>>,
  { items, nextCursor }: Page<z.output<typeof findingJson>>,
): PageContent {
  return listPage({
    title: 'Findings',
    about:
      'What reconciliations with the payment provider and maintenance found that is not as it should be.',
    path: '/api/findings',
    query,
    fields: [
      { name: 'status', label: 'Status', options: ['open', 'resolved'] },
      { name: 'source', label: 'Source', options: ['payments', 'maintenance'] },
    ],
    columns: findingColumns,
    rows: items.map(findingRow),
    nextCursor,
    empty: 'No finding matches the search.',
  });
}
