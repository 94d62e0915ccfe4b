import {
  facts,
  localTime,
  markup,
  type Markup,
  nothing,
  type PageContent,
  section,
  table,
} from 'durable-jobs/html';
import { linkTo } from 'durable-jobs/http';
import { formatCount, formatName } from 'durable-jobs/values';
import { orderStatuses } from '../../domain/orders/order-status.ts';
import { formatAmount } from '../../domain/money.ts';
import type { Statistics } from '../../domain/reports/statistics.ts';

const periods = { last24Hours: 'Last 24 hours', last7Days: 'Last 7 days', total: 'In total' } as const;

/** The statistics as a page of the console. */
export function statsPage({ refreshedAt, figures }: Statistics): PageContent {
  const counted = {
    Users: figures.users,
    Orders: figures.orders,
    'Emails sent': figures.emailsSent,
    Charges: figures.paymentAttempts,
    'Failed charges': figures.paymentFailures,
  };
  return {
    title: 'Statistics',
    refreshSeconds: 60,
    content: markup`${section(
      'activity',
      'Activity',
      markup`${table(
        'Activity',
        ['Figure', ...Object.values(periods).map(number)],
        Object.entries(counted).map(([name, count]) => [
          name,
          ...Object.keys(periods).map((period) => formatCount(count[period as keyof typeof periods])),
        ]),
      )}<p class="note">As of ${localTime(refreshedAt)}. Failed charges include declined ones. The schedule refresh-cache computes all figures every half hour.</p>`,
    )}
${section('revenue', 'Revenue', revenue(figures.revenue))}
${section('orders', 'Orders by status', byStatus('orders', inOrder(figures.ordersByStatus)))}
${section('emails', 'Emails by status', byStatus('emails', figures.emailsByStatus))}`,
  };
}

function revenue(rows: Statistics['figures']['revenue']): Markup {
  if (rows.length === 0) return nothing('No money was taken yet.');
  const byPeriod = Object.keys(periods).flatMap((period) => rows.filter((row) => row.period === period));
  return table(
    'Revenue',
    ['Period', 'Currency', ...['Taken', 'Refunded', 'Net'].map(number)],
    byPeriod.map((row) => [
      periods[row.period],
      row.currency,
      ...[row.takenMinor, row.refundedMinor, row.netMinor].map((minor) => formatAmount(minor, row.currency)),
    ]),
  );
}

/** Counts of orders in the order of their statuses: the database sorts these by their length. */
function inOrder(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    orderStatuses.flatMap((status) => (status in counts ? [[status, counts[status] ?? 0]] : [])),
  );
}

/** How many there are in each status, with links to them. */
function byStatus(what: 'orders' | 'emails', counts: Readonly<Record<string, number>>): Markup {
  const rows = Object.entries(counts);
  if (rows.length === 0) return nothing(`There are no ${what} yet.`);
  return facts(
    rows.map(([status, count]) => [
      formatName(status),
      markup`<a href="${linkTo(`/api/${what}?status=${status}`)}">${formatCount(count)}</a>`,
    ]),
  );
}

function number(name: string) {
  return { name, kind: 'number' as const };
}
