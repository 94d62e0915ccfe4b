import { listPage, localTime, markup, type PageContent } from 'durable-jobs/html';
import { formatDay } from 'durable-jobs/values';
import type { ReportHead } from '../../domain/reports/reports.ts';

/** The list of reports as a page of the console. */
export function reportListPage(
  query: Readonly<Record<string, string>>,
  {
    items,
    nextCursor,
  }: { items: readonly (ReportHead & { links: { self: string } })[]; nextCursor: string | null },
): PageContent {
  return listPage({
    title: 'Reports',
    about: 'One report for each day, which the schedule daily-report compiles.',
    path: '/api/reports',
    query,
    columns: ['Day', 'Kind', 'Figures as of', 'Created'],
    rows: items.map((report) => [
      markup`<a href="${report.links.self}">${formatDay(report.day)}</a>`,
      report.kind,
      localTime(report.compiledAt),
      localTime(report.createdAt),
    ]),
    nextCursor,
    empty: 'There are no reports yet.',
  });
}
