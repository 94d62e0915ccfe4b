import { stringify } from 'csv-stringify/sync';
import type { DailyReportData } from './daily-report.ts';

/** A figure: the part of the report, its subject, its name, its value and its unit. */
type Row = [section: string, item: string, figure: string, value: number, unit: string];

const header = ['section', 'item', 'figure', 'value', 'unit'];

/**
 * Returns a daily report as CSV (RFC 4180), one figure per row, so that a spreadsheet can filter and pivot it. Money is in minor units.
 * Text that a spreadsheet would read as a formula has a quotation mark in front.
 */
export function dailyReportCsv(data: DailyReportData): string {
  return toCsv([header, ...rowsOf(data)]);
}

/** Formats rows as CSV, without text that a spreadsheet would execute. */
export function toCsv(rows: readonly (readonly (string | number)[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { escape_formulas: true, record_delimiter: 'windows' },
  );
}

function rowsOf(data: DailyReportData): Row[] {
  const { day, payments } = data;
  return [
    ['registrations', day, 'registered', data.registrations, 'users'],
    ['orders', day, 'placed', data.orders.placed, 'orders'],
    ...data.orders.byStatus.map(({ status, count }): Row => ['orders', day, status, count, 'orders']),
    ...data.revenue.flatMap(({ currency, ...revenue }): Row[] => [
      ['revenue', currency, 'paid_orders', revenue.paidOrders, 'orders'],
      ['revenue', currency, 'taken', revenue.takenMinor, `${currency} minor units`],
      ['revenue', currency, 'refunded', revenue.refundedMinor, `${currency} minor units`],
      ['revenue', currency, 'net', revenue.netMinor, `${currency} minor units`],
    ]),
    ...data.emails.flatMap(({ template, ...email }): Row[] => [
      ['emails', template, 'sent', email.sent, 'emails'],
      ['emails', template, 'refused', email.refused, 'emails'],
      ['emails', template, 'waiting', email.waiting, 'emails'],
    ]),
    ...Object.entries(payments).map(([figure, count]): Row => ['payments', day, figure, count, 'attempts']),
    ...data.slowest.map(({ kind, id, durationMs }): Row => ['slowest', id, kind, durationMs, 'ms']),
    ...data.trend.flatMap((past): Row[] => [
      ['trend', past.day, 'registrations', past.registrations, 'users'],
      ['trend', past.day, 'orders', past.orders, 'orders'],
      ['trend', past.day, 'emails_sent', past.emailsSent, 'emails'],
      ['trend', past.day, 'payment_failures', past.paymentFailures, 'attempts'],
      ...Object.entries(past.revenue).map(([currency, net]): Row => [
        'trend',
        past.day,
        'net_revenue',
        net,
        `${currency} minor units`,
      ]),
    ]),
  ];
}
