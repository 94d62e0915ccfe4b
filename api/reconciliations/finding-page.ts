import type { z } from 'zod';
import { badge, listPage, localTime, markup, type PageContent } from 'durable-jobs/html';
import { linkTo, type Page } from 'durable-jobs/http';
import { formatName } from 'durable-jobs/values';
import type { findingJson } from './finding-json.ts';

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
    columns: ['Finding', 'Status', 'About', 'Repair', 'Details', 'Last seen'],
    rows: items.map((finding) => [
      formatName(finding.kind),
      badge(finding.status === 'open' ? 'bad' : 'good', finding.status),
      finding.links.order === null
        ? finding.subject
        : markup`<a href="${linkTo(`/api/jobs?businessKeyPrefix=${finding.links.order.split('/').at(-1) ?? ''}`)}">${finding.subject}</a>`,
      finding.repair === null ? '' : formatName(finding.repair),
      finding.details === null ? '' : markup`<code>${JSON.stringify(finding.details)}</code>`,
      localTime(finding.lastSeenAt),
    ]),
    nextCursor,
    empty: 'No finding matches the search.',
  });
}
