import { formatAmount, formatMoney, minorUnitsOf } from '../money.ts';
import type { DailyReport } from './reports.ts';
import {
  durationUnit,
  formatCompact,
  formatCount,
  formatDay,
  formatDuration,
  formatName,
  formatShare,
  formatShortDay,
  formatTime,
} from 'durable-jobs/values';
import {
  barChart,
  type Colour,
  type Column,
  dayChart,
  htmlPage,
  localTime,
  markup,
  Markup,
  type PageContent,
  pageStyle,
  table,
} from 'durable-jobs/html';
import { paymentFailures, type DailyReportData } from './daily-report.ts';

/** The number of currencies whose trend is drawn: those with the most paid orders of the day, then of the trend. */
const CURRENCY_CHARTS = 3;

/** Returns a daily report as a page without scripts and other files, with charts as inline SVG next to the figures as tables. */
export function dailyReportPage(report: DailyReport): string {
  const { data } = report;
  return htmlPage({
    title: `Daily report: ${formatDay(data.day)}`,
    style: pageStyle,
    content: markup`<header>
<p class="kicker">Daily report</p>
<h1>${formatDay(data.day)}</h1>
<p class="note">${periodOf(data)} Figures as of ${formatTime(report.compiledAt)}.</p>
</header>
${figuresOf(data)}`,
  });
}

/** Returns the same report within a page of the console. */
export function dailyReportContent({ data, compiledAt }: DailyReport): PageContent {
  return {
    title: `Daily report: ${formatDay(data.day)}`,
    style: inConsole,
    content: markup`<div class="report">
<p class="note about">${periodOf(data)} Figures as of ${localTime(compiledAt)}.</p>
${figuresOf(data)}
</div>`,
  };
}

/** What the tiles of a report, and its tables beside their charts, need in the console. */
const inConsole = new Markup(`
.report section { margin-top: .9rem; }
.report .tiles { grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); }
.report .tile dd.note { font-size: .8rem; font-weight: 400; }
.report th { font-weight: 400; overflow-wrap: break-word; }
.report thead th { font-weight: 600; }
.report .beside td:not(.number) { overflow-wrap: anywhere; }
@media (min-width: 68rem) { .report .beside { grid-template-columns: minmax(0, 24rem) minmax(0, 1fr); } }
@media (max-width: 40rem) { .report .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); } .report table { font-size: .8rem; } .report :is(th, td) { padding-left: .4rem; } .report th:first-child { padding-left: 0; } }
`);

function periodOf({ timeZone, from, to }: DailyReportData): string {
  const hours = (Date.parse(to) - Date.parse(from)) / 3_600_000;
  return `Time zone ${timeZone}${hours === 24 ? '' : `, a day of ${hours} hours`}.`;
}

function figuresOf(data: DailyReportData): Markup {
  return markup`${tiles(data)}
${orders(data)}
${revenue(data)}
${trend(data)}
${emails(data)}
${payments(data)}
${slowest(data)}`;
}

/** A column of figures. */
function figures(name: string): Column {
  return { name, kind: 'number' };
}

function tiles(data: DailyReportData): Markup {
  const [before, today] = data.trend.slice(-2);
  const [main, ...others] = data.revenue;
  const sent = data.emails.reduce((sum, row) => sum + row.sent, 0);
  const tile = (name: string, value: string, note: string): Markup =>
    markup`<div class="tile"><dt>${name}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>
`;
  const since = (now: number, past: number | undefined): string => {
    if (past === undefined) return '';
    if (now === past) return 'same as the day before';
    return `${now > past ? '+' : '−'}${formatCount(Math.abs(now - past))} from the day before`;
  };
  return markup`<dl class="tiles">
${tile('Registrations', formatCount(data.registrations), since(data.registrations, before?.registrations))}
${tile('Orders placed', formatCount(data.orders.placed), since(data.orders.placed, before?.orders))}
${
  main
    ? tile(
        'Revenue',
        formatMoney(main.netMinor, main.currency),
        others.length === 0
          ? 'taken minus refunded'
          : `and ${others.map((row) => formatMoney(row.netMinor, row.currency)).join(', ')}`,
      )
    : tile('Revenue', '–', 'no payment')
}
${tile('Emails sent', formatCount(sent), since(sent, before?.emailsSent))}
${tile('Payment failures', formatCount(paymentFailures(data)), since(today?.paymentFailures ?? 0, before?.paymentFailures))}
</dl>`;
}

function orders({ orders: { placed, byStatus } }: DailyReportData): Markup {
  return section('Orders placed, by outcome', {
    empty: placed === 0 && 'No order was placed.',
    chart: () =>
      barChart({
        title: 'Orders by status',
        bars: byStatus.map(({ status, count }) => ({
          label: formatName(status),
          parts: [{ value: count, colour: 'blue' }],
          text: formatCount(count),
        })),
        whole: true,
        formatTick: formatCompact,
      }),
    table: () =>
      table(
        'Orders by status',
        ['Status', ...['Orders', 'Share'].map(figures)],
        byStatus.map(({ status, count }) => [
          formatName(status),
          formatCount(count),
          formatShare(count / placed),
        ]),
      ),
  });
}

function revenue({ revenue: ofDay, trend: days }: DailyReportData): Markup {
  const currencies = [
    ...new Set([
      ...ofDay.map(({ currency }) => currency),
      ...days.flatMap((day) => Object.keys(day.revenue)),
    ]),
  ].slice(0, CURRENCY_CHARTS);
  const netOf = (day: DailyReportData['trend'][number], currency: string): number =>
    day.revenue[currency] ?? 0;
  const charts = currencies.map(
    (currency) => markup`<h3>${currency} per day, taken minus refunded</h3>
${dayChart({
  title: `Net revenue in ${currency} over ${days.length} days`,
  height: 140,
  days: days.map(({ day }) => formatShortDay(day)),
  series: [
    { name: currency, colour: 'green', form: 'bars', values: days.map((day) => netOf(day, currency)) },
  ],
  whole: false,
  formatTick: (minor) => formatCompact(minor / minorUnitsOf(currency)),
  formatValue: (minor) => formatMoney(minor, currency),
})}`,
  );
  return markup`<section>
<h2>Revenue</h2>
${
  ofDay.length === 0
    ? markup`<p class="empty">No money was taken or refunded.</p>`
    : table(
        'Revenue',
        ['Currency', ...['Orders', 'Taken', 'Refunded', 'Net'].map(figures)],
        ofDay.map((row) => [
          row.currency,
          formatCount(row.paidOrders),
          formatAmount(row.takenMinor, row.currency),
          formatAmount(row.refundedMinor, row.currency),
          formatAmount(row.netMinor, row.currency),
        ]),
      )
}
${
  charts.length > 0 &&
  beside(
    markup`${charts}`,
    markup`<h3>Net per day</h3>${table(
      'Net per day',
      ['Day', ...currencies.map(figures)],
      days.map((day) => [
        formatShortDay(day.day),
        ...currencies.map((currency) => formatAmount(netOf(day, currency), currency)),
      ]),
    )}`,
  )
}
</section>`;
}

function trend({ trend: days }: DailyReportData): Markup {
  const line = (name: string, colour: Colour, values: number[]) =>
    ({ name, colour, values, form: 'line' }) as const;
  const series = [
    line(
      'Registrations',
      'blue',
      days.map((day) => day.registrations),
    ),
    line(
      'Orders',
      'orange',
      days.map((day) => day.orders),
    ),
    line(
      'Payment failures',
      'red',
      days.map((day) => day.paymentFailures),
    ),
  ];
  return section(`The last ${days.length} days`, {
    legend: series,
    chart: () =>
      dayChart({
        title: `Registrations, orders and payment failures over ${days.length} days`,
        height: 265,
        days: days.map(({ day }) => formatShortDay(day)),
        series,
        whole: true,
        formatTick: formatCompact,
        formatValue: formatCount,
      }),
    table: () =>
      table(
        'The last days',
        ['Day', ...['Registr.', 'Orders', 'Emails', 'Failures'].map(figures)],
        days.map((day) => [
          formatShortDay(day.day),
          formatCount(day.registrations),
          formatCount(day.orders),
          formatCount(day.emailsSent),
          formatCount(day.paymentFailures),
        ]),
      ),
  });
}

function emails({ emails: rows }: DailyReportData): Markup {
  return section('Emails', {
    empty: rows.length === 0 && 'No email was due.',
    legend: [
      { name: 'Sent', colour: 'blue' },
      { name: 'Waiting', colour: 'orange' },
      { name: 'Refused', colour: 'red' },
    ],
    chart: () =>
      barChart({
        title: 'Emails by template',
        bars: rows.map((row) => ({
          label: formatName(row.template),
          parts: [
            { name: 'sent', value: row.sent, colour: 'blue' },
            { name: 'waiting', value: row.waiting, colour: 'orange' },
            { name: 'refused', value: row.refused, colour: 'red' },
          ],
          text: formatCount(row.sent + row.waiting + row.refused),
        })),
        whole: true,
        formatTick: formatCompact,
      }),
    table: () =>
      table(
        'Emails',
        ['Template', ...['Sent', 'Waiting', 'Refused'].map(figures)],
        rows.map((row) => [
          formatName(row.template),
          formatCount(row.sent),
          formatCount(row.waiting),
          formatCount(row.refused),
        ]),
      ),
  });
}

function payments({ payments: counts }: DailyReportData): Markup {
  const outcomes = [
    { name: 'succeeded', count: counts.succeeded, colour: 'green' },
    { name: 'declined', count: counts.declined, colour: 'orange' },
    { name: 'failed', count: counts.failed, colour: 'red' },
    { name: 'unfinished', count: counts.unfinished, colour: 'grey' },
  ] as const;
  return section('Attempts to charge', {
    empty: counts.attempts === 0 && 'No payment was attempted.',
    chart: () =>
      barChart({
        title: 'Attempts to charge by outcome',
        bars: outcomes.map(({ name, count, colour }) => ({
          label: name,
          parts: [{ value: count, colour }],
          text: formatCount(count),
        })),
        whole: true,
        formatTick: formatCompact,
      }),
    table: () =>
      markup`${table(
        'Payment attempts',
        ['Outcome', ...['Attempts', 'Share'].map(figures)],
        outcomes.map(({ name, count }) => [name, formatCount(count), formatShare(count / counts.attempts)]),
      )}<p class="note">Total attempts: ${formatCount(counts.attempts)}, of which retries: ${formatCount(counts.retries)}.</p>`,
  });
}

function slowest({ slowest: jobs }: DailyReportData): Markup {
  const unit = durationUnit(Math.max(0, ...jobs.map(({ durationMs }) => durationMs)));
  return section('Slowest orders and emails', {
    empty: jobs.length === 0 && 'No order was paid and no email was sent.',
    legend: [
      { name: 'Order, placed to paid', colour: 'blue' },
      { name: 'Email, first attempt to sent', colour: 'orange' },
    ],
    chart: () =>
      barChart({
        title: 'Longest durations',
        bars: jobs.map(({ kind, durationMs }, index) => ({
          label: `${index + 1}. ${kind}`,
          parts: [{ value: durationMs / unit.ms, colour: kind === 'order' ? 'blue' : 'orange' }],
          text: formatDuration(durationMs),
        })),
        whole: false,
        formatTick: (value) => `${formatCompact(value)} ${unit.name}`,
      }),
    table: () =>
      table(
        'Slowest jobs',
        ['No.', 'Job, or key of the email', figures('Took')],
        jobs.map(({ id, durationMs }, index) => [
          `${index + 1}.`,
          markup`<code>${id}</code>`,
          formatDuration(durationMs),
        ]),
      ),
  });
}

/** Returns a section of the page: a chart with its figures next to it, or a sentence if there are none. */
function section(
  title: string,
  content: {
    empty?: string | false;
    legend?: readonly { name: string; colour: Colour }[];
    chart: () => Markup;
    table: () => Markup;
  },
): Markup {
  if (content.empty) return markup`<section><h2>${title}</h2><p class="empty">${content.empty}</p></section>`;
  const legend =
    content.legend &&
    markup`<ul class="legend">${content.legend.map(({ name, colour }) => markup`<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="${colour}" width="10" height="10" rx="2"/></svg>${name}</li>`)}</ul>
`;
  return markup`<section>
<h2>${title}</h2>
${legend}${beside(content.chart(), content.table())}
</section>`;
}

function beside(chart: Markup, figures: Markup): Markup {
  return markup`<div class="beside"><div>${chart}</div><div>${figures}</div></div>`;
}
