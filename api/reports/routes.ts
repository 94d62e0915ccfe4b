import type { Request, Response } from 'express';
import { z } from 'zod';
import { dailyReportCsv } from '../../domain/reports/report-csv.ts';
import { dailyReportContent, dailyReportPage } from '../../domain/reports/report-page.ts';
import {
  findDailyReport,
  listReports,
  type DailyReport,
  type ReportHead,
} from '../../domain/reports/reports.ts';
import { markup } from 'durable-jobs/html';
import type { AppDeps } from '../deps.ts';
import { reportListPage } from './list-page.ts';
import {
  idParams,
  linkTo,
  notFound,
  pageOf,
  pageQuery,
  parseParams,
  parseQuery,
  representationFor,
  Routes,
  sendDocument,
  sendJsonOrPage,
} from 'durable-jobs/http';

/** The query of the list; its cursor is the day and id of a report. */
export const reportListQuery = pageQuery.extend({
  cursor: pageQuery.shape.cursor
    .transform((text) => text?.split(' '))
    .pipe(z.tuple([z.iso.date(), z.uuid()], { error: 'must be a `nextCursor` of this list' }).optional()),
});

/** The query of a report: a link, which has no `Accept`, names the format. */
export const reportQuery = z.strictObject({
  format: z
    .literal('csv')
    .optional()
    .meta({ description: 'The format, whatever `Accept` says: for links in browsers.' }),
});

/** The media types of a report, the default first. */
const reportTypes = ['application/json', 'text/html', 'text/csv'] as const;

const representations: Record<
  (typeof reportTypes)[number],
  (report: DailyReport, response: Response, request: Request) => unknown
> = {
  'application/json': (report, response) => response.json({ ...presentHead(report), data: report.data }),
  'text/html': (report, response, request) =>
    sendDocument(request, response, {
      document: () => dailyReportPage(report),
      page: () => ({
        ...dailyReportContent(report),
        above: markup`<a href="${linkTo('/api/reports')}">Reports</a> · <a href="${linkTo(`/api/reports/${report.id}?format=csv`)}" download>Download as CSV</a>`,
      }),
    }),
  'text/csv': (report, response) =>
    response
      .type('csv')
      .set('Content-Disposition', `attachment; filename="daily-report-${report.day}.csv"`)
      .send(dailyReportCsv(report.data)),
};

/** Returns the routes of stored reports: a list, and each report as JSON, HTML or CSV. */
export function reportRoutes(deps: AppDeps): Routes {
  const routes = new Routes('/api/reports');

  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor } = parseQuery(request, reportListQuery);
    const after = cursor && { day: cursor[0], id: cursor[1] };
    const found = await listReports(deps.db, limit + 1, after);
    const json = pageOf(found, limit, { present: presentHead, placeOf: ({ day, id }) => `${day} ${id}` });
    sendJsonOrPage(request, response, {
      json,
      page: (query) => reportListPage(query, json),
    });
  });

  routes.get('/:id', 'viewer', async (request, response) => {
    const { id } = parseParams(request, idParams);
    const { format } = parseQuery(request, reportQuery);
    const type =
      format === 'csv' ? 'text/csv' : representationFor(request, response, 'A report', reportTypes);
    const report = await findDailyReport(deps.db, id);
    if (!report) throw notFound(`report ${id}`);
    // Another run of the job may change it; the ETag, computed from the body, avoids sending it again.
    response.set('Cache-Control', 'private, no-cache');
    representations[type](report, response, request);
  });

  return routes;
}

function presentHead({ id, kind, day, createdAt, compiledAt }: ReportHead) {
  return { id, kind, day, createdAt, compiledAt, links: { self: linkTo(`/api/reports/${id}`) } };
}
