import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { pino } from 'pino';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { stateDir } from '../../local/paths.ts';
import { makeApiKey } from '../../packages/durable-jobs/src/access/api-key.ts';
import { insertApiKey } from '../../packages/durable-jobs/src/access/api-keys.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { createScheduler } from '../../packages/durable-jobs/src/schedules/scheduler.ts';
import { inTurn } from '../../packages/durable-jobs/src/schedules/turn.ts';
import { loadDefinitions } from '../../schedules/definitions.ts';
import { invoicePage } from '../../domain/orders/invoice-page.ts';
import { insertInvoice, readInvoiceSubject } from '../../domain/orders/invoices.ts';
import { ApiDocumentCheck } from '../support/api-document.ts';
import { accessibilityFaults } from '../support/accessibility.ts';
import { scriptLoaded, useBrowser } from '../support/browser.ts';
import { uploadItems } from '../support/bulk.ts';
import { acted, moveToSoon } from '../support/job-actions.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { seedFortnight } from '../support/seed-fortnight.ts';
import { runJob } from '../support/start-job.ts';
import { useService } from '../support/service.ts';

/** Forty pages, each with a picture and all of axe's rules, on a busy machine. */
const MANY_PAGES_MS = 600_000;

const browserPath = inject('chromium');
const screenshots = join(stateDir, 'screenshots');

/** What a browser shows; text rather than a function, as this project is compiled without the browser's types. */
const look = `({
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  cutOff: [...document.querySelectorAll('section')].filter((part) => part.scrollWidth > part.clientWidth + 1).map((part) => part.id),
  away: [...document.querySelectorAll('.away')].map((part) => part.textContent),
  h1: document.querySelectorAll('h1').length,
  current: document.querySelectorAll('#menu [aria-current=page]').length,
  // Ids of jobs that schedules start contain the time.
  isoTimes: (() => {
    const main = document.querySelector('main').cloneNode(true);
    for (const code of main.querySelectorAll('h1, a, code')) code.remove();
    return main.textContent.match(/\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d/g) ?? [];
  })(),
})`;

const sizes = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  'phone-dark': {
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
    colorScheme: 'dark',
  },
} as const;

/** Pages that README and docs show at both widths, by the names of their pictures. */
const pictures: Readonly<Record<string, string>> = {
  overview: 'home',
  jobs: 'console-jobs',
  'job-retrying': 'console-job',
  order: 'console-order',
};

/** Makes the picture of a page for README and docs: the same part of it each time. */
async function shootForDocs(page: Page, name: string, size: keyof typeof sizes): Promise<void> {
  const picture = pictures[name];
  if (picture === undefined || size === 'phone-dark') return;
  const clip =
    size === 'phone'
      ? { x: 0, y: 0, width: 390, height: 1_180 }
      : { x: 0, y: 0, width: 1_280, height: 1_100 };
  const file = `docs/images/${picture}${size === 'phone' ? '-phone' : ''}.png`;
  await page.screenshot({
    path: fileURLToPath(new URL(`../../${file}`, import.meta.url)),
    fullPage: true,
    clip,
  });
}

describe.skipIf(browserPath.path === undefined)(`the console ${browserPath.howToGet ?? ''}`, () => {
  const service = useService({ hostedServices: true });
  const browser = useBrowser();
  const addresses: Record<string, string> = {};
  let failedJob = '';
  let retryingJob = '';

  beforeAll(async () => {
    const scheduler = createScheduler(service.client, pino({ level: 'silent' }));
    await scheduler.startAll(loadDefinitions('UTC'));
    await scheduler.pause('weekly-maintenance', 'The archive is being moved.');
    await inTurn(service.db, 'refresh-cache', (turn) =>
      scheduler.trigger('refresh-cache', 'allow_all', turn),
    );
    const user = { email: `ada-${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
    const { id: userId } = (await service.request('POST', '/api/auth/register', user)).body as { id: string };
    const order = async (paymentMethod: string): Promise<string> => {
      const { body } = await service.request('POST', '/api/orders', {
        userId,
        currency: 'EUR',
        items: [{ sku: 'tea', quantity: 1, unitAmount: 450 }],
        paymentMethod,
      });
      return (body as { jobId: string }).jobId;
    };
    const paid = await order('pm_card_visa');
    await jobWithStatus(service, paid, 'completed');
    const [, orderId = ''] = paid.split(':');
    await service.db.transaction().execute(async (trx) => {
      const subject = await readInvoiceSubject(trx, orderId);
      if (!subject) throw new Error(`there is no order ${orderId}`);
      await insertInvoice(trx, subject.order, (head) => invoicePage({ ...subject, ...head }));
    });
    await seedFortnight(service.db, '2025-11-22');
    const { result } = await runJob(service, 'runDailyReport', { day: '2025-11-22' });
    await runJob(service, 'syncPayments', {});
    const reconciliation = await service.db
      .selectFrom('reconciliations')
      .select('id')
      .executeTakeFirstOrThrow();
    await order('pm_card_chargeDeclined');
    await service.fault({ kind: 'status', status: 503, times: 1_000 });
    retryingJob = await order('pm_card_visa');
    await jobWithStatus(service, retryingJob, 'retrying');
    const failing = { type: 'runDailyReport', input: { day: '2999-01-01' } };
    failedJob = ((await service.request('POST', '/api/jobs', failing)).body as { jobId: string }).jobId;
    await jobWithStatus(service, failedJob, 'failed');
    await service.request('POST', `/api/jobs/${failedJob}/retry`, { reason: 'the day has come' });

    const product = (index: number) => ({
      sku: `sku-${index}`,
      name: `Product ${index}`,
      unitAmount: 100,
      currency: 'EUR',
    });
    const bulkJob = await uploadItems(
      service.url,
      'import-products',
      Array.from({ length: 4_000 }, (_, index) => product(index)),
    );
    await service.request('POST', `/api/bulk-jobs/${bulkJob.id}/pause`);
    const item = await service.db
      .insertInto('workItems')
      .values({
        kind: 'adjust-stock',
        payload: JSON.stringify({ sku: 'tea', delta: 5, reason: 'delivery' }),
        status: 'dead',
        attempts: 5,
        lastErrorCode: 'UnknownProduct',
        lastErrorMessage: 'There is no product tea.',
        lastErrorAt: new Date(),
        endedAt: new Date(),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const letter = await service.db
      .insertInto('deadLetters')
      .values({
        queue: 'orders-queue',
        messageId: 'order-4711',
        correlationId: null,
        contentType: 'application/json',
        properties: JSON.stringify({ source: 'shop' }),
        body: Buffer.from('{"items":[]}'),
        digest: randomUUID(),
        reasonCode: 'invalid_message',
        reason: 'items must have at least one item',
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const email = await service.db
      .insertInto('emails')
      .values({
        key: randomUUID(),
        template: 'newsletter',
        recipient: 'ada@example.com',
        messageId: `${randomUUID()}@example.com`,
        status: 'dead',
        sender: 'service',
        attempts: 12,
        lastError: '550 mailbox unavailable',
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await sql`SELECT durable_jobs.enqueue('runDailyReport', '{"day": "someday"}')`.execute(service.db);
    const deadStart = await eventually(async () => {
      const { body } = await service.request('GET', '/api/dead-starts');
      const [start] = (body as { items: { id: number }[] }).items;
      if (!start) throw new Error('the start is not dead yet');
      return start;
    });
    const { id, secretHash } = makeApiKey();
    await insertApiKey(service.db, { id, name: 'Grace', role: 'viewer', secretHash, expiresAt: null });

    Object.assign(addresses, {
      overview: '/',
      jobs: '/api/jobs',
      'jobs-retrying': '/api/jobs?status=retrying',
      'jobs-none': '/api/jobs?businessKeyPrefix=nothing-has-this-key',
      'job-failed': `/api/jobs/${failedJob}`,
      'job-retrying': `/api/jobs/${retryingJob}`,
      'job-completed': `/api/jobs/${paid}`,
      timeline: `/api/jobs/${paid}/timeline`,
      groups: '/api/groups',
      'bulk-jobs': '/api/bulk-jobs',
      'bulk-job': `/api/bulk-jobs/${bulkJob.id}`,
      schedules: '/api/schedules',
      schedule: '/api/schedules/refresh-cache',
      'work-items': '/api/work-items',
      'work-item': `/api/work-items/${item.id}`,
      emails: '/api/emails',
      email: `/api/emails/${email.id}`,
      'dead-letters': '/api/dead-letters',
      'dead-letter': `/api/dead-letters/${letter.id}`,
      'dead-starts': '/api/dead-starts',
      'dead-start': `/api/dead-starts/${deadStart.id}`,
      orders: '/api/orders',
      order: `/api/orders/${orderId}`,
      invoice: `/api/orders/${orderId}/invoice`,
      user: `/api/users/${userId}`,
      stats: '/api/stats',
      reconciliations: '/api/reconciliations',
      reconciliation: `/api/reconciliations/${reconciliation.id}`,
      reports: '/api/reports',
      report: `/api/reports/${(result as { reportId: string }).reportId}`,
      findings: '/api/findings',
      services: '/api/services',
      service: '/api/services/work-queue',
      queues: '/api/queues',
      audit: '/api/audit',
      keys: '/api/keys',
      'not-found': '/api/jobs/run-daily-report:nowhere',
    });
  });

  /** Opens a window in which a person has signed in, and notes what the browser complains about. */
  async function signIn(
    size: keyof typeof sizes,
    key = LOCAL_API_KEY,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.open({ ...sizes[size], ...options });
    await page.goto(service.url);
    await page.getByLabel('API key').fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    if (options.javaScriptEnabled !== false) await scriptLoaded(page);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`${message.text()} ${message.location().url}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    return { page, complaints };
  }

  const apiDocument = new ApiDocumentCheck();

  /**
   * Opens a page, again if the engine did not respond in time for a part of it, as on a busy machine. What the page shows has to be documented
   * as a page.
   */
  const gotoComplete = (page: Page, path: string): Promise<void> =>
    eventually(async () => {
      const response = await page.goto(service.url + path, { waitUntil: 'load' });
      expect(await page.getByText('is not responding').count()).toBe(0);
      if (!response?.ok()) return;
      const headers = { 'content-type': await page.evaluate<string>('document.contentType') };
      const given = { method: 'GET', path, requestType: undefined, requestBody: undefined };
      apiDocument.check({ ...given, status: response.status(), headers: new Headers(headers), body: '' });
    });

  /** Returns what is wrong with the page that is shown, and whether it marks itself in the navigation if it has one. */
  async function faultsOf(page: Page, path: string, { current = 1 } = {}): Promise<Record<string, unknown>> {
    const faults: Record<string, unknown> = {};
    // The page refreshes itself, and the engine may be late for a refresh, too.
    const seen = await eventually(async () => {
      const shown = await page.evaluate<Record<string, unknown>>(look);
      expect(shown.away, path).toEqual([]);
      return shown;
    });
    const whole = { overflow: 0, cutOff: [], away: [], h1: 1, current, isoTimes: [] };
    if (JSON.stringify(seen) !== JSON.stringify(whole)) faults[path] = seen;
    const inaccessible = await accessibilityFaults(page);
    if (inaccessible.length > 0) faults[`${path}: accessibility`] = inaccessible;
    return faults;
  }

  it.each(['desktop', 'phone', 'phone-dark'] as const)(
    'has pages outside the navigation that are whole, readable and accessible: %s',
    async (size) => {
      const page = await browser.open(sizes[size]);
      const faults: Record<string, unknown> = {};
      const visit = async (path: string): Promise<void> => {
        await page.goto(service.url + path, { waitUntil: 'load' });
        Object.assign(faults, await faultsOf(page, path, { current: 0 }));
      };
      for (const path of ['/login', '/reset-password?token=unknown', '/nowhere']) await visit(path);
      await page.goto(`${service.url}/login`);
      await page.getByLabel('API key').fill('wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.locator('#state:not(:empty)').waitFor();
      Object.assign(faults, await faultsOf(page, 'a wrong key', { current: 0 }));
      await page.getByLabel('API key').fill(LOCAL_API_KEY);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL((url) => url.pathname !== '/login');
      for (const path of ['/login', '/api/nowhere', '/nowhere']) await visit(path);
      expect(faults).toEqual({});
      await page.close();
    },
  );

  it.each(['desktop', 'phone', 'phone-dark'] as const)(
    'has pages that are whole, readable and accessible: %s',
    async (size) => {
      const { page, complaints } = await signIn(size);
      const faults: Record<string, unknown> = {};
      for (const [name, path] of Object.entries(addresses)) {
        await gotoComplete(page, path);
        await page.screenshot({ path: join(screenshots, `console-${name}-${size}.png`), fullPage: true });
        if (process.env.DOCS_IMAGES === '1') await shootForDocs(page, name, size);
        Object.assign(faults, await faultsOf(page, path));
      }
      expect(faults).toEqual({});
      expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
      await page.close();
    },
    MANY_PAGES_MS,
  );

  it('finds jobs, and leads from a key to its job', async () => {
    const { page } = await signIn('desktop');
    await page.keyboard.press('/');
    await page.keyboard.type(failedJob);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: failedJob }).waitFor();

    await page.goto(`${service.url}/api/jobs`);
    await page.getByLabel('Type').selectOption('processOrder');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.waitForURL(`${service.url}/api/jobs?type=processOrder`);
    await page.getByRole('link', { name: retryingJob }).waitFor();
    expect(await page.getByRole('link', { name: failedJob }).count()).toBe(0);
    await page.getByRole('navigation', { name: 'Status' }).getByRole('link', { name: 'retrying' }).click();
    await page.waitForURL((url) => url.searchParams.get('status') === 'retrying');
    await page.getByRole('link', { name: retryingJob }).waitFor();
    const statuses = await page.locator('#list-content tbody tr .badge').allTextContents();
    expect(new Set(statuses)).toEqual(new Set(['retrying']));
    await page.close();
  });

  it('acts on selected jobs with a reason', async () => {
    const { page } = await signIn('desktop');
    // Its next attempt is to be in the future when it is resumed, and none in progress before that.
    const at = new Date(Date.now() + 3_600_000).toISOString();
    await eventually(() => acted(service, retryingJob, 'reschedule', { at }));
    await page.goto(`${service.url}/api/jobs?status=retrying`);
    await page.getByLabel(`Select ${retryingJob}`).check();
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('The job is not paused.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await dialog.getByText(`ok ${retryingJob}`).waitFor();
    await page.screenshot({ path: join(screenshots, 'console-dialog.png') });
    expect(await accessibilityFaults(page)).toEqual([]);
    await dialog.getByLabel('Reason').fill('the provider is down – wait');
    await dialog.getByRole('button', { name: 'Pause 1 job' }).click();
    await page.waitForURL(/\/api\/bulk-jobs\/[0-9a-f-]{36}$/);
    const bulkJobId = page.url().split('/').at(-1) ?? '';
    // The outcome is written after the response.
    await eventually(async () =>
      expect((await service.request('GET', `/api/audit?what=${bulkJobId}`)).body).toMatchObject({
        items: [
          {
            action: 'POST /api/jobs/batch',
            params: { bulkJobId },
            reason: 'the provider is down – wait',
            outcome: 'done',
          },
        ],
      }),
    );
    await jobWithStatus(service, retryingJob, 'paused');
    await page.goto(`${service.url}/api/jobs/${retryingJob}`);
    await page.getByRole('button', { name: `Resume ${retryingJob}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
    const notice = await page.locator('#notice', { hasText: 'begins at' }).textContent();
    expect(notice).not.toMatch(/\d{4}-\d\d-\d\dT/);
    await page.getByRole('button', { name: `Pause ${retryingJob}` }).waitFor();
    await page.close();
  });

  it('shows what happens to a job while its page is open', async () => {
    const { page } = await signIn('desktop');
    const { body } = await service.request('POST', '/api/jobs', { type: 'refreshStatistics', delay: '1h' });
    const { jobId } = body as { jobId: string };
    await page.goto(`${service.url}/api/jobs/${jobId}`);
    await page.locator('#state .badge', { hasText: 'scheduled' }).waitFor();
    await moveToSoon(service, jobId);
    await page.locator('#state .badge', { hasText: 'completed' }).waitFor();
    await page.locator('#attempts').getByText('succeeded').first().waitFor();
    await page.close();
  });

  it('acts on all jobs that match a search, after a dry run', async () => {
    const { page } = await signIn('desktop');
    await eventually(async () => {
      const { body } = await service.request('GET', '/api/jobs?status=failed&type=runDailyReport');
      expect((body as { items: unknown[] }).items.length).toBeGreaterThan(0);
    });
    await page.goto(`${service.url}/api/jobs?status=failed&type=runDailyReport`);
    await page.getByLabel('All jobs that match, on every page').check();
    await page.getByRole('button', { name: 'Retry', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(failedJob).first().waitFor();
    await dialog.getByLabel('Reason').fill('again');
    await dialog.getByRole('button', { name: /^Retry \d+ jobs?$/ }).click();
    await page.waitForURL(/\/api\/bulk-jobs\/[0-9a-f-]{36}$/);
    await page.getByRole('heading', { level: 1, name: 'act-on-jobs' }).waitFor();
    await page.close();
  });

  it('backfills a schedule in the time of the reader', async () => {
    const page = await browser.open({ ...sizes.desktop, timezoneId: 'Asia/Kolkata' });
    await page.goto(`${service.url}/api/schedules/hourly-sync`);
    await page.getByLabel('API key').fill(LOCAL_API_KEY);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'hourly-sync' }).waitFor();
    await scriptLoaded(page);
    await page.getByRole('button', { name: 'Backfill hourly-sync' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('From').fill('2026-01-05T10:00:00');
    await dialog.getByLabel('To', { exact: true }).fill('2026-01-05T09:00:00');
    await dialog.getByRole('button', { name: 'Backfill' }).click();
    await dialog.getByText('must be after').waitFor();
    await dialog.getByLabel('To', { exact: true }).fill('2026-01-05T10:30:00');
    const [request] = await Promise.all([
      page.waitForRequest((sent) => sent.url().endsWith('/backfill')),
      dialog.getByRole('button', { name: 'Backfill' }).click(),
    ]);
    expect(request.postDataJSON()).toEqual({
      from: '2026-01-05T04:30:00.000Z',
      to: '2026-01-05T05:00:00.000Z',
    });
    await page.locator('#notice', { hasText: 'Backfill hourly-sync: done.' }).waitFor();
    await page.close();
  });

  it('discards a dead letter for a reason alone', async () => {
    const { page } = await signIn('desktop');
    await page.goto(`${service.url}/api/dead-letters`);
    await page.getByRole('button', { name: /^Discard / }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Discard' }).click();
    expect(await dialog.locator(':invalid').count()).toBeGreaterThan(0);
    await dialog.getByLabel('Reason').fill('a test order');
    await dialog.getByRole('button', { name: 'Discard' }).click();
    await page.locator('#list-content .badge', { hasText: 'discarded' }).waitFor();
    await page.close();
  });

  it.each(['desktop', 'phone-dark'] as const)('creates a key, and shows it once: %s', async (size) => {
    const { page, complaints } = await signIn(size);
    await page.goto(`${service.url}/api/keys`);
    await page.locator('#age').waitFor();
    const name = `a program on the ${size}`;
    await page.getByRole('button', { name: 'Create an API key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByRole('button', { name: 'Create' }).click();
    expect(await dialog.locator('select:invalid').count()).toBe(1);
    await dialog.getByLabel('Role').selectOption('viewer');
    await page.screenshot({ path: join(screenshots, `console-new-key-${size}.png`) });
    expect(await accessibilityFaults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Create' }).dblclick();
    const shown = dialog.getByLabel('The new key');
    await shown.waitFor();
    const key = await shown.inputValue();
    expect(key).toMatch(/^djk_/);
    // As on a page over plain HTTP.
    if (size !== 'desktop')
      await page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
    await dialog.getByRole('button', { name: 'Copy' }).click();
    await dialog.getByText('Copied.').waitFor();
    await page.screenshot({ path: join(screenshots, `console-key-shown-${size}.png`) });
    expect(await accessibilityFaults(page)).toEqual([]);
    if (size === 'desktop') await dialog.getByRole('button', { name: 'Close' }).click();
    else await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))");
    await shown.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(key);
    const { items } = (await service.request('GET', '/api/keys')).body as { items: { name: string }[] };
    expect(items.filter((item) => item.name === name)).toHaveLength(1);
    expect(
      (await service.request('GET', '/api/keys', undefined, { authorization: `Bearer ${key}` })).status,
    ).toBe(200);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('starts a job with a form of its input, and shows refusals at the fields', async () => {
    const { page, complaints } = await signIn('desktop');
    await page.goto(`${service.url}/api/jobs`);
    await page.locator('#age').waitFor();
    await page.getByRole('button', { name: 'Start a job' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Continue' }).click();
    expect(await dialog.locator('select:invalid').count()).toBe(1);
    await dialog.getByLabel('Type').selectOption('runDailyReport');
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await dialog.getByLabel('day').fill('2026-03-01');
    await dialog.getByLabel('Key').fill('not a key');
    await dialog.getByLabel('Reason').fill('a ‮ reason');
    await dialog.getByRole('button', { name: 'Start' }).click();
    await dialog.locator('.field', { hasText: 'Reason' }).getByText('must be one line').waitFor();
    expect(await dialog.locator('[aria-invalid]').count()).toBe(1);
    await dialog.getByLabel('Reason').fill('a copy was lost');
    await dialog.getByRole('button', { name: 'Start' }).click();
    await dialog.locator('.field', { hasText: 'Key' }).getByText('must be 1 to 100').waitFor();
    await page.screenshot({ path: join(screenshots, 'console-start-job-desktop.png') });
    expect(await accessibilityFaults(page)).toEqual([]);
    const key = `by-hand-${randomUUID().slice(0, 8)}`;
    await dialog.getByLabel('Key').fill(key);
    await dialog.getByRole('button', { name: 'Start' }).dblclick();
    await page.getByRole('heading', { level: 1, name: `run-daily-report:${key}` }).waitFor();
    await jobWithStatus(service, `run-daily-report:${key}`, 'completed');
    const { body } = await service.request('GET', `/api/jobs/run-daily-report:${key}`);
    expect(body).toMatchObject({ result: { day: '2026-03-01' } });
    expect(complaints.filter((text) => !text.includes('400'))).toEqual([]);
    await page.close();
  });

  it('enqueues a work item with a form of its payload, on a phone', async () => {
    const { page, complaints } = await signIn('phone-dark');
    await page.goto(`${service.url}/api/work-items`);
    await page.locator('#age').waitFor();
    await page.getByRole('button', { name: 'Enqueue an item' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Kind').selectOption('adjust-stock');
    await dialog.getByRole('button', { name: 'Continue' }).click();
    await dialog.getByLabel('sku').fill('tea');
    await dialog.getByLabel('delta').fill('0');
    await dialog.getByLabel('reason', { exact: true }).selectOption('delivery');
    await dialog.getByRole('button', { name: 'Enqueue' }).click();
    await dialog.locator('.field', { hasText: 'delta' }).getByText('must not be 0').waitFor();
    await page.screenshot({ path: join(screenshots, 'console-enqueue-phone-dark.png') });
    expect(await accessibilityFaults(page)).toEqual([]);
    await dialog.getByLabel('delta').fill('5');
    await dialog.getByRole('button', { name: 'Enqueue' }).click();
    await page.waitForURL(/\/api\/work-items\/[0-9a-f-]{36}$/);
    const { body } = await service.request('GET', new URL(page.url()).pathname);
    expect(body).toMatchObject({ payload: { sku: 'tea', delta: 5, reason: 'delivery' } });
    expect(complaints.filter((text) => !text.includes('400'))).toEqual([]);
    await page.close();
  });

  it('shows a viewer what there is, without buttons and inputs', async () => {
    const { id, key, secretHash } = makeApiKey();
    await insertApiKey(service.db, { id, name: 'a viewer', role: 'viewer', secretHash, expiresAt: null });
    const { page } = await signIn('desktop', key);
    for (const path of ['/api/jobs', `/api/jobs/${failedJob}`, '/api/schedules', '/api/keys']) {
      await page.goto(service.url + path);
      await page.locator('main .act').first().waitFor({ state: 'attached' });
      expect(await page.locator('main .act:visible, main .pick:visible').count()).toBe(0);
    }
    await page.goto(`${service.url}/api/jobs/${failedJob}`);
    await page.getByText('Only operators see the input.').waitFor();
    await page.close();
  });

  it('previews a schedule with its warnings', async () => {
    const { page } = await signIn('desktop');
    await page.goto(`${service.url}/api/schedules`);
    await page.getByText('Preview an expression').click();
    await page.getByLabel('Cron expression').fill('30 2 * * *');
    await page.getByLabel('Time zone').fill('Europe/Paris');
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.locator('#preview-runs li').nth(9).waitFor();
    expect(await page.locator('#preview-runs .away').count()).toBeGreaterThan(0);
    await page.close();
  });

  it('returns JSON to programs at the same addresses', async () => {
    for (const path of Object.values(addresses)) {
      if (path === '/') continue;
      const { status, headers } = await service.request('GET', path, undefined, {
        accept: 'application/json',
      });
      const type = path.endsWith('nowhere') ? 'application/problem+json' : 'application/json';
      expect([path, status, headers.get('content-type')?.split(';')[0]]).toEqual([
        path,
        path.endsWith('nowhere') ? 404 : 200,
        type,
      ]);
      expect(headers.get('vary')).toContain('Accept');
    }
  });

  it('works without its script: times in UTC, and forms that search', async () => {
    const { page } = await signIn('desktop', LOCAL_API_KEY, { javaScriptEnabled: false });
    await page.goto(`${service.url}/api/jobs`);
    expect(await page.locator('time').first().textContent()).toMatch(/\d\d:\d\d:\d\d UTC$/);
    await page.getByText('More filters').click();
    await page.getByLabel('Started after').fill('2020-01-01T10:00:00');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.waitForURL(`${service.url}/api/jobs?startedAfter=2020-01-01T10%3A00%3A00Z`);
    await page.getByRole('link', { name: failedJob }).first().waitFor();
    await page.close();
  });
});
