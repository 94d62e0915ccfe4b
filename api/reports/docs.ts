import { z } from 'zod';
import { dailyReportData } from '../../domain/reports/daily-report.ts';
import { empty, idParams, jsonOrPage, pageJson, type ResourceDocs, time } from 'durable-jobs/http';
import { reportListQuery, reportQuery } from './routes.ts';
import { exampleIds } from '../../contracts/example-ids.ts';

const head = z
  .strictObject({
    id: z.uuid(),
    kind: z.literal('daily'),
    day: z.iso.date(),
    createdAt: time,
    compiledAt: time.meta({ description: 'When its figures were last computed.' }),
    links: z.strictObject({ self: z.string() }),
  })
  .meta({ id: 'ReportHead' });

const headExample: z.output<typeof head> = {
  id: exampleIds.report,
  kind: 'daily',
  day: '2026-03-01',
  createdAt: '2026-03-02T02:00:03.100Z',
  compiledAt: '2026-03-02T02:00:03.100Z',
  links: { self: `/api/reports/${exampleIds.report}` },
};

const dataExample: z.output<typeof dailyReportData> = {
  day: '2026-03-01',
  timeZone: 'Europe/Berlin',
  from: '2026-02-28T23:00:00.000Z',
  to: '2026-03-01T23:00:00.000Z',
  registrations: 14,
  emails: [{ template: 'welcome', sent: 14, refused: 0, waiting: 0 }],
  orders: { placed: 9, byStatus: [{ status: 'completed', count: 9 }] },
  revenue: [{ currency: 'EUR', paidOrders: 9, takenMinor: 23_382, refundedMinor: 0, netMinor: 23_382 }],
  payments: { attempts: 11, succeeded: 9, declined: 1, failed: 1, unfinished: 0, retries: 1 },
  slowest: [
    {
      kind: 'order',
      id: `process-order:${exampleIds.order}`,
      durationMs: 61_240,
      endedAt: '2026-03-01T14:03:11.000Z',
    },
  ],
  trend: [
    {
      day: '2026-03-01',
      registrations: 14,
      orders: 9,
      emailsSent: 23,
      paymentFailures: 2,
      revenue: { EUR: 23_382 },
    },
  ],
};

/** API description of reports. */
export const reportDocs: ResourceDocs = {
  name: 'Reports',
  description: 'Stored reports on past days.',
  routes: {
    'GET /api/reports': {
      id: 'listReports',
      summary: 'List the reports, newest day first',
      query: reportListQuery,
      answers: {
        200: jsonOrPage('A page of reports.', pageJson(head), { items: [headExample], nextCursor: null }),
      },
    },
    'GET /api/reports/:id': {
      id: 'getReport',
      summary: 'Read a report as JSON, HTML or CSV',
      description: '`Accept` selects the format, unless `format` does; JSON by default.',
      params: idParams,
      query: reportQuery,
      answers: {
        200: jsonOrPage(
          'The report.',
          head.extend({ data: dailyReportData }).meta({ id: 'Report' }),
          { ...headExample, data: dataExample },
          { 'text/csv': 'section,name,figure,value\r\n' },
        ),
        304: empty('Not modified: the `ETag` matches `If-None-Match`.'),
      },
      problems: ['notFound', 'notAcceptable'],
    },
  },
};
