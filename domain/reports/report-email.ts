import { composeEmail } from '../mail/compose.ts';
import { formatMoney } from '../money.ts';
import type { DailyReport } from './reports.ts';
import { paymentFailures } from './daily-report.ts';
import { formatDay } from 'durable-jobs/values';
import { dailyReportCsv } from './report-csv.ts';
import { dailyReportPage } from './report-page.ts';

/** Returns the parts of a report's email that are the same for every recipient: a summary, the page and the CSV file. */
export function dailyReportEmail(report: DailyReport, publicUrl: string): ReturnType<typeof composeEmail> {
  const { data } = report;
  const sent = data.emails.reduce((sum, row) => sum + row.sent, 0);
  const refused = data.emails.reduce((sum, row) => sum + row.refused, 0);
  const name = `daily-report-${data.day}`;
  const email = composeEmail('daily-report', {
    day: formatDay(data.day),
    timeZone: data.timeZone,
    url: `${publicUrl}/api/reports/${report.id}`,
    facts: [
      { label: 'Registrations', value: String(data.registrations) },
      { label: 'Orders placed', value: String(data.orders.placed) },
      ...data.revenue.map(({ currency, netMinor }) => ({
        label: `Revenue in ${currency}, minus refunds`,
        value: formatMoney(netMinor, currency),
      })),
      { label: 'Emails sent', value: String(sent) },
      { label: 'Emails refused', value: String(refused) },
      { label: 'Payment attempts', value: String(data.payments.attempts) },
      { label: 'Payment failures', value: String(paymentFailures(data)) },
    ],
  });
  return {
    ...email,
    content: {
      ...email.content,
      attachments: [
        {
          filename: `${name}.html`,
          content: dailyReportPage(report),
          contentType: 'text/html; charset=utf-8',
        },
        { filename: `${name}.csv`, content: dailyReportCsv(data), contentType: 'text/csv; charset=utf-8' },
      ],
    },
  };
}
