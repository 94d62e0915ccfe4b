import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { daysWithoutReport } from '../../domain/reports/reports.ts';
import type { DailyReportData } from '../../domain/reports/daily-report.ts';
import { attemptNow, eventually, jobWithStatus } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { seedEmail, seedOrder, seedUser } from '../support/seed-shop.ts';
import { sessionOf } from '../support/session.ts';
import { useService } from '../support/service.ts';
import { runJob } from '../support/start-job.ts';
import type { RunDailyReportResult } from '../../contracts/jobs/run-daily-report.ts';
import { scheduledStartTime } from '../../packages/durable-jobs/src/engine/search-attributes.ts';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';

const recipients = ['ada@example.com', 'grace@example.com'];
const service = useService({
  workerSettings: { TIME_ZONE: 'Europe/Berlin', REPORT_RECIPIENTS: recipients },
});

/** The day of 23 hours on which Berlin's clocks go forward: 2025-03-29T23:00Z to 2025-03-30T22:00Z. */
const day = '2025-03-30';
const at = (time: string): Date => new Date(`2025-03-${time}:00Z`);
const after = (start: Date, ms: number): Date => new Date(start.getTime() + ms);

let slowOrder: string;

beforeAll(async () => {
  const { db } = service;
  const userId = await seedUser(db, at('29T22:59'));
  await seedUser(db, at('29T23:00'));
  await seedUser(db, at('30T21:59'));
  await seedUser(db, at('30T22:00'));

  const noon = at('30T12:00');
  slowOrder = await seedOrder(
    db,
    { userId, amountMinor: 1250, status: 'completed', createdAt: noon, paidAt: after(noon, 360_000) },
    [
      { at: noon, outcome: 'failed' },
      { at: after(noon, 60_000), outcome: 'failed' },
      { at: after(noon, 360_000), outcome: 'succeeded' },
    ],
  );
  await seedOrder(
    db,
    { userId, amountMinor: 1000, status: 'completed', createdAt: noon, paidAt: after(noon, 2_000) },
    [{ at: noon, outcome: 'succeeded' }],
  );
  await seedOrder(
    db,
    {
      userId,
      currency: 'jpy',
      amountMinor: 700,
      status: 'refunded',
      refundedMinor: 700,
      refundedAt: after(noon, 60_000),
      createdAt: noon,
      paidAt: after(noon, 3_000),
    },
    [{ at: noon, outcome: 'succeeded' }],
  );
  await seedOrder(db, { userId, amountMinor: 5000, status: 'cancelled', createdAt: noon }, [
    { at: noon, outcome: 'declined' },
    { at: noon, outcome: null },
  ]);
  // Closed before its payment was confirmed, then refunded: taken and returned.
  await seedOrder(db, {
    userId,
    amountMinor: 300,
    status: 'payment_failed',
    refundedMinor: 300,
    refundedAt: noon,
    createdAt: noon,
  });
  // Placed the day before and paid on the day; paid before and refunded on the day.
  await seedOrder(db, {
    userId,
    amountMinor: 100,
    status: 'completed',
    createdAt: at('29T22:59'),
    paidAt: at('29T23:00'),
  });
  await seedOrder(db, {
    userId,
    amountMinor: 40,
    status: 'refunded',
    createdAt: at('28T10:00'),
    paidAt: at('28T10:01'),
    refundedMinor: 40,
    refundedAt: noon,
  });
  // Not on the day at all.
  await seedOrder(
    db,
    { userId, amountMinor: 9, status: 'completed', createdAt: at('30T22:00'), paidAt: at('30T22:00') },
    [{ at: at('30T22:00'), outcome: 'failed' }],
  );

  await seedEmail(db, { template: 'welcome', status: 'sent', createdAt: noon, sentAt: after(noon, 1_000) });
  await seedEmail(db, {
    key: 'order:1:receipt',
    template: 'order-receipt',
    status: 'sent',
    createdAt: at('29T20:00'),
    sentAt: at('29T23:00'),
  });
  await seedEmail(db, { template: 'order-receipt', status: 'dead', createdAt: noon, sentAt: null });
  await seedEmail(db, { template: 'order-receipt', status: 'pending', createdAt: noon, sentAt: null });
  await seedEmail(db, { template: 'welcome', status: 'sent', createdAt: noon, sentAt: at('30T22:00') });
});

async function reportOn(wanted: string): Promise<{ id: string; data: DailyReportData }> {
  const { body } = await service.request('GET', '/api/reports?limit=100');
  const { items } = body as { items: { day: string; links: { self: string } }[] };
  const item = items.find((candidate) => candidate.day === wanted);
  if (!item) throw new Error(`there is no report on ${wanted}`);
  const answer = await service.request('GET', item.links.self);
  expect(answer.status).toBe(200);
  return answer.body as { id: string; data: DailyReportData };
}

/** The jobs that mail the copies of a run's reports. */
function mailingsOf(result: unknown): string[] {
  const { mailings = [] } = result as RunDailyReportResult;
  return mailings;
}

describe('the daily report', () => {
  let jobId: string;
  beforeAll(async () => {
    const run = await runJob(service, 'runDailyReport', { day });
    jobId = run.jobId;
    expect(run.result).toMatchObject({ day, caughtUp: [] });
    await recordHistory(service, jobId, 'copies-are-jobs');
    for (const id of mailingsOf(run.result)) await jobWithStatus(service, id, 'completed');
    await recordHistory(service, mailingsOf(run.result)[0] ?? '', 'daily');
  });

  it('has the figures of the local day, and of no other', async () => {
    const { data } = await reportOn(day);
    expect(data).toMatchObject({
      day,
      timeZone: 'Europe/Berlin',
      from: '2025-03-29T23:00:00.000Z',
      to: '2025-03-30T22:00:00.000Z',
      registrations: 2,
      emails: [
        { template: 'order-receipt', sent: 1, refused: 1, waiting: 1 },
        { template: 'welcome', sent: 1, refused: 0, waiting: 0 },
      ],
      orders: {
        placed: 5,
        byStatus: [
          { status: 'completed', count: 2 },
          { status: 'cancelled', count: 1 },
          { status: 'payment_failed', count: 1 },
          { status: 'refunded', count: 1 },
        ],
      },
      revenue: [
        { currency: 'EUR', paidOrders: 3, takenMinor: 2650, refundedMinor: 340, netMinor: 2310 },
        { currency: 'JPY', paidOrders: 1, takenMinor: 700, refundedMinor: 700, netMinor: 0 },
      ],
      payments: { attempts: 7, succeeded: 3, declined: 1, failed: 2, unfinished: 1, retries: 3 },
    });
  });

  it('names the slowest orders and emails with their durations', async () => {
    const { data } = await reportOn(day);
    expect(data.slowest.slice(0, 3)).toEqual([
      {
        kind: 'email',
        id: 'order:1:receipt',
        durationMs: 3 * 3_600_000,
        endedAt: at('29T23:00').toISOString(),
      },
      {
        kind: 'order',
        id: `process-order:${slowOrder}`,
        durationMs: 360_000,
        endedAt: '2025-03-30T12:06:00.000Z',
      },
      expect.objectContaining({ kind: 'order', durationMs: 60_000 }),
    ]);
    expect(data.slowest.map(({ durationMs }) => durationMs).toSorted((a, b) => b - a)).toEqual(
      data.slowest.map(({ durationMs }) => durationMs),
    );
  });

  it('shows the last fourteen days, each with its own figures', async () => {
    const { data } = await reportOn(day);
    expect(data.trend).toHaveLength(14);
    expect(data.trend[0]).toEqual({
      day: '2025-03-17',
      registrations: 0,
      orders: 0,
      emailsSent: 0,
      paymentFailures: 0,
      revenue: {},
    });
    expect(data.trend.slice(-3)).toMatchObject([
      { day: '2025-03-28', registrations: 0, orders: 1, revenue: { EUR: 40 } },
      { day: '2025-03-29', registrations: 1, orders: 1, emailsSent: 0, revenue: {} },
      {
        day: '2025-03-30',
        registrations: 2,
        orders: 5,
        emailsSent: 2,
        paymentFailures: 3,
        revenue: { EUR: 2310, JPY: 0 },
      },
    ]);
  });

  it('is mailed with its summary, the page and the CSV file', () => {
    for (const recipient of recipients) {
      const [mail] = service.mail.to(recipient);
      expect(mail?.subject).toBe('Daily report: Sunday 30 March 2025');
      expect(mail?.text).toContain('Revenue in EUR, minus refunds: EUR 23.10');
      expect(mail?.html).toContain('EUR 23.10');
      expect(mail?.text).toMatch(/http:\/\/shop\.example\/api\/reports\/[0-9a-f-]{36}/);
      const files = mail?.attachments.map(({ filename, contentType }) => [filename, contentType]);
      expect(files).toEqual([
        ['daily-report-2025-03-30.html', 'text/html'],
        ['daily-report-2025-03-30.csv', 'text/csv'],
      ]);
      expect(mail?.attachments[1]?.content.toString()).toContain('revenue,EUR,net,2310,EUR minor units\r\n');
      expect(mail?.attachments[0]?.content.toString()).toContain('Sunday 30 March 2025');
    }
  });

  it('run again brings its one report up to date, and mails it to nobody a second time', async () => {
    const before = await reportOn(day);
    await seedUser(service.db, at('30T10:00'));
    const { result } = await runJob(service, 'runDailyReport', { day });
    expect(result).toMatchObject({ reportId: before.id });
    for (const id of mailingsOf(result)) await jobWithStatus(service, id, 'completed');
    const now = await reportOn(day);
    expect(now.id).toBe(before.id);
    expect(now.data.registrations).toBe(before.data.registrations + 1);
    for (const recipient of recipients) expect(service.mail.to(recipient)).toHaveLength(1);
  });

  it('of a day that has not ended fails at once', async () => {
    const run = runJob(service, 'runDailyReport', { day: '2999-01-01' });
    await expect(run).rejects.toThrow();
    const job = await jobWithStatus(service, 'run-daily-report:2999-01-01', 'failed');
    expect(job.attempts).toHaveLength(1);
    expect(job.attempts[0]?.error).toMatchObject({ code: 'ReportDayNotOver' });
    expect(job.failure).toMatchObject({
      code: 'ReportDayNotOver',
      message: 'the day 2999-01-01 has not ended yet in Europe/Berlin',
    });
  });

  it('is complete while one mailbox refuses its copy, which a separate job continues to mail', async () => {
    const [ada, grace] = recipients as [string, string];
    const past = '2025-01-01';
    const mailsTo = (address: string) =>
      service.mail.to(address).filter(({ subject }) => subject === 'Daily report: Wednesday 1 January 2025');
    service.mail.refuseWith(451, grace);
    const [toAda = '', toGrace = ''] = mailingsOf(
      (await runJob(service, 'runDailyReport', { day: past })).result,
    );
    await jobWithStatus(service, toAda, 'completed');
    const waiting = await jobWithStatus(service, toGrace, 'retrying');
    expect(waiting.attempts.at(-1)?.error).toMatchObject({ code: 'MailUnavailable' });
    expect([mailsTo(ada).length, mailsTo(grace).length]).toEqual([1, 0]);

    // Neither the report of that day nor another one waits for the mailbox, and the copy keeps its job.
    const again = await runJob(service, 'runDailyReport', { day: past });
    expect(mailingsOf(again.result)).toEqual([toAda, toGrace]);
    const next = await runJob(service, 'runDailyReport', { day: '2025-01-04' });
    expect(next.result).toMatchObject({ day: '2025-01-04' });

    service.mail.refuseWith(undefined);
    await attemptNow(service, toGrace);
    await jobWithStatus(service, toGrace, 'completed');
    expect([mailsTo(ada).length, mailsTo(grace).length]).toEqual([1, 1]);
    for (const id of mailingsOf(next.result)) await attemptNow(service, id).catch(() => undefined);
  });

  it('reaches the others if one recipient is permanently refused, which fails the job of that copy', async () => {
    service.mail.refuseWith(550, recipients[0]);
    const { result } = await runJob(service, 'runDailyReport', { day: '2025-01-02' });
    const [refused = '', sent = ''] = mailingsOf(result);
    expect(await jobWithStatus(service, refused, 'failed')).toMatchObject({
      failure: { code: 'MailRejected' },
    });
    await jobWithStatus(service, sent, 'completed');
    service.mail.refuseWith(undefined);
    // A copy of the previous test may arrive later.
    expect(service.mail.to(recipients[1] ?? '').map(({ subject }) => subject)).toContain(
      'Daily report: Thursday 2 January 2025',
    );
    const { id: reportId } = await reportOn('2025-01-02');
    const { rows } = await sql<{ status: string }>`
      SELECT status FROM emails WHERE key LIKE ${`report:${reportId}:%`} AND recipient = ${recipients[0]}`.execute(
      service.db,
    );
    expect(rows).toEqual([{ status: 'dead' }]);
  });

  it('leaves no address in what the engine stores', async () => {
    const { result } = await jobWithStatus(service, jobId, 'completed');
    for (const id of [jobId, ...mailingsOf(result)]) {
      const history = await service.client.workflow.getHandle(id).fetchHistory();
      expect(JSON.stringify(historyToJSON(history))).not.toContain('example.com');
    }
  });
});

describe('a schedule of the daily report', () => {
  it('reports on the day before the time that a run was planned for, however late it is', async () => {
    const schedule = await service.client.schedule.create({
      scheduleId: 'daily-report',
      spec: { cronExpressions: ['0 2 * * *'], timezone: 'Europe/Berlin' },
      state: { paused: true },
      action: {
        type: 'startWorkflow',
        workflowType: 'runDailyReport',
        workflowId: 'run-daily-report:daily-report',
        taskQueue: taskQueues.jobs,
        args: [{}],
      },
    });
    await schedule.backfill({
      start: new Date('2025-10-27T00:30:00Z'),
      end: new Date('2025-10-27T01:30:00Z'),
    });
    // 2:00 on the Monday after the Sunday of 25 hours.
    const { data } = await eventually(() => reportOn('2025-10-26'));
    await jobWithStatus(service, 'run-daily-report:daily-report-2025-10-27T01:00:00Z', 'completed');
    expect(data).toMatchObject({ from: '2025-10-25T22:00:00.000Z', to: '2025-10-26T23:00:00.000Z' });
    await schedule.delete();
  });
});

describe('days without a report', () => {
  /** Inserts a report that was made on the morning after its day. */
  const storeOnTime = (wanted: string) =>
    sql`INSERT INTO reports (kind, day, data, created_at)
      SELECT 'daily', ${wanted}::date, data, ${wanted}::date + interval '1 day 2 hours' FROM reports LIMIT 1`.execute(
      service.db,
    );
  const runFor = (planned: string): Promise<RunDailyReportResult> => {
    const workflowId = `run-daily-report:nightly-${planned}`;
    return service.client.workflow.execute<Signatures['runDailyReport']>('runDailyReport', {
      workflowId,
      taskQueue: taskQueues.jobs,
      args: [{}],
      typedSearchAttributes: [{ key: scheduledStartTime, value: new Date(planned) }],
    });
  };

  it('get it from the next scheduled run, also after more nights than the engine makes up for', async () => {
    const [ada = ''] = recipients;
    await storeOnTime('2025-06-01');
    // Nothing ran for nine nights, except that an operator requested one of the days.
    await runJob(service, 'runDailyReport', { day: '2025-06-09' });
    const result = await runFor('2025-06-12T00:00:00Z');
    expect(result).toMatchObject({
      day: '2025-06-11',
      caughtUp: ['02', '03', '04', '05', '06', '07', '08', '10'].map((date) => `2025-06-${date}`),
    });
    for (const id of mailingsOf(result)) await jobWithStatus(service, id, 'completed');
    const subjects = service.mail.to(ada).map(({ subject }) => subject);
    for (const date of [2, 3, 4, 5, 6, 7, 8, 10, 11]) {
      expect(subjects.filter((subject) => subject?.endsWith(` ${date} June 2025`))).toHaveLength(1);
    }
    await recordHistory(service, 'run-daily-report:nightly-2025-06-12T00:00:00Z', 'made-up-for');
    expect(await runFor('2025-06-13T00:00:00Z')).toMatchObject({ day: '2025-06-12', caughtUp: [] });
  });

  it('are looked for since the first report that was made soon after its day, up to a limit', async () => {
    const missing = (from: string, before: string) => daysWithoutReport(service.db, { from, before });
    await storeOnTime('2025-06-20');
    expect(await missing('2025-06-18', '2025-06-23')).toEqual(
      ['18', '19', '21', '22'].map((date) => `2025-06-${date}`),
    );
    // The last report on time is further back than the limit.
    expect(await missing('2025-08-01', '2025-08-03')).toEqual(['2025-08-01', '2025-08-02']);
    // The reports on earlier days were requested long after them.
    expect(await missing('2025-05-01', '2025-06-02')).toEqual([]);
  });
});

describe('GET /api/reports', () => {
  beforeAll(async () => {
    for (const past of ['2025-02-01', '2025-02-02', '2025-02-03']) {
      await runJob(service, 'runDailyReport', { day: past });
    }
  });

  it('lists reports page by page from the newest day, each once', async () => {
    const days: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await service.request('GET', `/api/reports?limit=2${cursor && `&cursor=${cursor}`}`);
      const page = body as { items: { day: string }[]; nextCursor: string | null };
      expect(page.items.length).toBeLessThanOrEqual(2);
      days.push(...page.items.map((item) => item.day));
      cursor = page.nextCursor;
    }
    expect(days.length).toBeGreaterThanOrEqual(4);
    expect(days).toEqual([...new Set(days)].toSorted().toReversed());
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=x', 'limit'],
    ['cursor=e30', 'cursor'],
    ['cursor=%22', 'cursor'],
    ['colour=red', 'colour'],
  ])('refuses ?%s', async (query, path) => {
    const answer = await service.request('GET', `/api/reports?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  const get = async (id: string, accept: string | undefined): Promise<Response> =>
    fetch(`${service.url}/api/reports/${id}`, {
      headers: { authorization: 'Bearer local-dev-key', ...(accept !== undefined && { accept }) },
    });

  it.each([
    [undefined, 'application/json; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
    ['text/csv', 'text/csv; charset=utf-8'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8'],
    ['text/html;q=0.5, text/csv', 'text/csv; charset=utf-8'],
  ])('gives a report to Accept: %s as %s', async (accept, type) => {
    const { id } = await reportOn(day);
    const response = await get(id, accept);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('vary')).toContain('Accept');
    expect(await response.text()).toMatch(/2025-03-30|30 March 2025/);
  });

  it('gives it to a signed-in person within the console, and to a program with a key as it is', async () => {
    const { id } = await reportOn(day);
    const document = await (await get(id, 'text/html')).text();
    expect(document).not.toMatch(/<script|aria-label="Console"/);
    const headers = { ...(await sessionOf(service, 'viewer')), accept: 'text/html' };
    const page = await (await fetch(`${service.url}/api/reports/${id}`, { headers })).text();
    expect(page).toContain('aria-label="Console"');
    expect(page).toContain('<h1>Daily report: Sunday 30 March 2025</h1>');
    const charts = (html: string): number => html.split('<svg class="chart"').length;
    expect(charts(page)).toBe(charts(document));
    // Its link to the CSV is followed as a browser follows it.
    const link = /href="([^"]+)" download/.exec(page)?.[1] ?? '';
    const csv = await fetch(`${service.url}${link}`, { headers });
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(csv.headers.get('content-disposition')).toContain('daily-report-2025-03-30.csv');
    expect(await service.request('GET', `/api/reports/${id}?format=pdf`)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'format' }] },
    });
  });

  it('has no other form of it, and nothing for who has no key', async () => {
    const { id } = await reportOn(day);
    const answer = await service.request('GET', `/api/reports/${id}`, undefined, { accept: 'image/png' });
    expect(answer).toMatchObject({ status: 406, body: { code: 'not_acceptable' } });
    expect(answer.headers.get('vary')).toContain('Accept');
    const open = await fetch(`${service.url}/api/reports/${id}`, { headers: { accept: 'text/csv' } });
    expect(open.status).toBe(401);
    const page = await fetch(`${service.url}/api/reports/${id}`, {
      headers: { accept: 'text/html' },
      redirect: 'manual',
    });
    expect(page.status).toBe(302);
    expect(page.headers.get('location')).toBe(`/login?next=%2Fapi%2Freports%2F${id}`);
    const unknown = await service.request('GET', '/api/reports/00000000-0000-4000-8000-000000000000');
    expect(unknown.status).toBe(404);
  });
});
