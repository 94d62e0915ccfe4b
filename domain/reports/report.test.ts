import { describe, expect, it } from 'vitest';
import type { DailyReport } from './reports.ts';
import type { DailyReportData } from './daily-report.ts';
import { markup } from 'durable-jobs/html';
import { durationUnit, formatDuration } from 'durable-jobs/values';
import { addDays } from './local-day.ts';
import { dailyReportCsv, toCsv } from './report-csv.ts';
import { dailyReportEmail } from './report-email.ts';
import { dailyReportPage } from './report-page.ts';

const empty: DailyReportData = {
  day: '2025-10-26',
  timeZone: 'Europe/Berlin',
  from: '2025-10-25T22:00:00.000Z',
  to: '2025-10-26T23:00:00.000Z',
  registrations: 0,
  emails: [],
  orders: { placed: 0, byStatus: [] },
  revenue: [],
  payments: { attempts: 0, succeeded: 0, declined: 0, failed: 0, unfinished: 0, retries: 0 },
  slowest: [],
  trend: Array.from({ length: 14 }, (_, index) => ({
    day: addDays('2025-10-13', index),
    registrations: 0,
    orders: 0,
    emailsSent: 0,
    paymentFailures: 0,
    revenue: {},
  })),
};

const full: DailyReportData = {
  ...empty,
  emails: [{ template: '<img src=x onerror=alert(1)>', sent: 1, refused: 0, waiting: 0 }],
  orders: { placed: 1, byStatus: [{ status: '"><script>alert(1)</script>', count: 1 }] },
  revenue: [{ currency: 'JPY', paidOrders: 1, takenMinor: 100, refundedMinor: 1300, netMinor: -1200 }],
  slowest: [
    { kind: 'email', id: '=HYPERLINK("http://x")', durationMs: 90_000, endedAt: '2025-10-26T10:00:00.000Z' },
  ],
};

const reportOf = (data: DailyReportData): DailyReport => ({
  id: '5e3fe3f5-bce4-4d17-bd97-038ea4eef731',
  kind: 'daily',
  day: data.day,
  createdAt: new Date('2025-10-27T01:00:00Z'),
  compiledAt: new Date('2025-10-27T01:00:00Z'),
  data,
});

describe('the page of a report', () => {
  it('escapes every value, in text and in drawings', () => {
    const page = dailyReportPage(reportOf(full));
    expect(page).not.toMatch(/<script|<img|onerror=alert\(1\)>/);
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain('undefined');
  });

  it('loads nothing and runs nothing', () => {
    const page = dailyReportPage(reportOf(full));
    expect(page).not.toMatch(/\b(src|href|on\w+)=["']/);
    expect(page).not.toContain('url(');
  });

  it('says in words that a day has no business', () => {
    const page = dailyReportPage(reportOf(empty));
    for (const words of [
      'No order was placed.',
      'No money was taken',
      'No email was due.',
      'No payment was',
    ]) {
      expect(page).toContain(words);
    }
    expect(page).toContain('a day of 25 hours');
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('the CSV file', () => {
  it('has a figure a row, and money in minor units with its sign', () => {
    const lines = dailyReportCsv(full).split('\r\n');
    expect(lines[0]).toBe('section,item,figure,value,unit');
    expect(lines).toContain('revenue,JPY,net,-1200,JPY minor units');
    expect(lines).toContain('registrations,2025-10-26,registered,0,users');
    expect(lines).toContain('trend,2025-10-13,orders,0,orders');
  });

  it('holds nothing that a spreadsheet would run', () => {
    expect(dailyReportCsv(full)).toContain(`slowest,"'=HYPERLINK(""http://x"")",email,90000,ms`);
    const dangerous = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'];
    for (const text of dangerous) expect(toCsv([[text]]).replace(/^"/, '')).toMatch(/^'/);
    expect(toCsv([[-5, 'a, "b"']])).toBe('-5,"a, ""b"""\r\n');
  });
});

describe('the email', () => {
  it('sums up the day, and carries the page and the CSV file', () => {
    const { text, attachments } = dailyReportEmail(reportOf(full), 'https://shop.example').content;
    expect(text).toContain('https://shop.example/api/reports/5e3fe3f5-bce4-4d17-bd97-038ea4eef731');
    expect(text).toContain('Revenue in JPY, minus refunds: -JPY 1,200');
    expect(attachments?.map(({ filename }) => filename)).toEqual([
      'daily-report-2025-10-26.html',
      'daily-report-2025-10-26.csv',
    ]);
  });
});

describe('markup', () => {
  it('escapes text, keeps markup, joins lists and omits undefined', () => {
    const inner = markup`<b title="${'"'}">${'<&>'}</b>`;
    expect(markup`${inner}${['a', 1]}${undefined}${false}'`.toString()).toBe(
      '<b title="&quot;">&lt;&amp;&gt;</b>a1\'',
    );
  });
});

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [4_230, '4.2 s'],
    [59_999, '1 min'],
    [61_500, '1 min 2 s'],
    [7_200_000, '2 h'],
    [90_000_000, '1 d 1 h'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('get an axis in the unit that suits the longest', () => {
    expect(durationUnit(0).name).toBe('ms');
    expect(durationUnit(80_000).name).toBe('s');
    expect(durationUnit(3 * 3_600_000).name).toBe('h');
  });
});
