import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pino } from 'pino';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { stateDir } from '../../local/paths.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { makeApiKey } from '../../packages/durable-jobs/src/access/api-key.ts';
import { insertApiKey } from '../../packages/durable-jobs/src/access/api-keys.ts';
import { inTurn } from '../../packages/durable-jobs/src/schedules/turn.ts';
import { createScheduler } from '../../packages/durable-jobs/src/schedules/scheduler.ts';
import { loadDefinitions } from '../../schedules/definitions.ts';
import { scriptLoaded, useBrowser } from '../support/browser.ts';
import { uploadItems } from '../support/bulk.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const browserPath = inject('chromium');
const screenshots = join(stateDir, 'screenshots');

/** What the browser shows, as text rather than a function, because this project is compiled without the browser's types. */
const look = `({
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  cutOff: [...document.querySelectorAll('section')].filter((part) => part.scrollWidth > part.clientWidth).map((part) => part.id),
  scrolled: [...document.querySelectorAll('.scroll')].filter((table) => table.scrollWidth > table.clientWidth).map((table) => table.closest('section').id),
  away: [...document.querySelectorAll('.away')].map((part) => part.textContent),
  unnamed: [...document.querySelectorAll('a, button, progress, .scroll')]
    .filter((element) => !(element.textContent.trim() || element.getAttribute('aria-label'))).length,
  card: getComputedStyle(document.querySelector('section')).backgroundColor,
})`;

describe.skipIf(browserPath.path === undefined)(`the home page ${browserPath.howToGet ?? ''}`, () => {
  const service = useService({ hostedServices: true });
  const browser = useBrowser();
  let failedJob: string;

  beforeAll(async () => {
    const scheduler = createScheduler(service.client, pino({ level: 'silent' }));
    await scheduler.startAll(loadDefinitions('UTC'));
    await scheduler.pause('weekly-maintenance', 'The archive is being moved.');
    await inTurn(service.db, 'refresh-cache', (turn) =>
      scheduler.trigger('refresh-cache', 'allow_all', turn),
    );

    const user = { email: `ada-${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
    const registered = await service.request('POST', '/api/auth/register', user);
    const userId = (registered.body as { id: string }).id;
    for (const paymentMethod of ['pm_card_visa', 'pm_card_chargeDeclined']) {
      await service.request('POST', '/api/orders', {
        userId,
        currency: 'EUR',
        items: [{ sku: 'tea', quantity: 1, unitAmount: 450 }],
        paymentMethod,
      });
    }
    const failing = { type: 'runDailyReport', input: { day: '2999-01-01' } };
    failedJob = ((await service.request('POST', '/api/jobs', failing)).body as { jobId: string }).jobId;
    await jobWithStatus(service, failedJob, 'failed');

    const items = Array.from({ length: 4_000 }, (_, index) => ({
      sku: `sku-${index}`,
      name: `Product ${index}`,
      unitAmount: 100,
      currency: 'EUR',
    }));
    const bulkJob = await uploadItems(service.url, 'import-products', items);
    await service.request('POST', `/api/bulk-jobs/${bulkJob.id}/pause`);
    await service.request('POST', '/api/work-items', {
      kind: 'adjust-stock',
      payload: { sku: 'tea', delta: 5, reason: 'delivery' },
      notBefore: new Date(Date.now() + 3_600_000).toISOString(),
    });
  });

  /** Opens a page as a person who signs in, and records the browser's errors. */
  async function open(
    options: BrowserContextOptions,
    key = LOCAL_API_KEY,
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.open(options);
    await page.goto(service.url);
    await page.getByLabel('API key').fill(key);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await scriptLoaded(page);
    return { page, complaints };
  }

  const desktop = { viewport: { width: 1280, height: 900 } };
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

  it.each([
    { name: 'desktop', options: desktop },
    { name: 'desktop-dark', options: { ...desktop, colorScheme: 'dark' } },
    { name: 'phone', options: phone },
    { name: 'phone-dark', options: { ...phone, colorScheme: 'dark' } },
  ] as const)('shows how everything stands: $name', async ({ name, options }) => {
    const { page, complaints } = await open(options);
    await eventually(async () => {
      await page.reload();
      const text = (await page.locator('main').textContent()) ?? '';
      expect(text).toContain('Everything responds.');
      for (const shown of [
        failedJob,
        'ReportDayNotOver',
        'weekly-maintenance',
        'outbox-relay',
        'import-products',
      ]) {
        expect(text).toContain(shown);
      }
    });
    await page.screenshot({ path: join(screenshots, `home-${name}.png`), fullPage: true });
    // The page refreshes itself: on a busy machine, a part of it may be away for a moment.
    await eventually(async () =>
      expect(await page.evaluate(look)).toEqual({
        overflow: 0,
        cutOff: [],
        scrolled: [],
        away: [],
        unnamed: 0,
        card: name.endsWith('dark') ? 'rgb(27, 33, 42)' : 'rgb(255, 255, 255)',
      }),
    );
    expect(complaints).toEqual([]);
    await page.close();
  });

  /** Triggers the page's own next refresh now, as showing its tab does. */
  const refresh = (page: Page): Promise<unknown> =>
    page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);

  it('shows what changes without being loaded again, and leaves focus and scroll if they are', async () => {
    const { page } = await open({ viewport: { width: 1280, height: 400 } });
    const own = await page.evaluate<string>(
      `(() => { document.body.dataset.mark = 'here'; return 'here'; })()`,
    );
    const queues = page.locator('#queues');
    await page.locator('#schedules').getByRole('button', { name: 'Pause hourly-sync' }).focus();
    await page.evaluate(`scrollTo(0, 300)`);
    const before = await page.evaluate<number>('scrollY');
    expect(before).toBeGreaterThan(0);

    await service.request('POST', '/api/schedules/cleanup-expired/trigger');
    await service.db
      .insertInto('emails')
      .values({
        key: `home-${randomUUID()}`,
        template: 'welcome',
        recipient: 'ada@example.com',
        messageId: `${randomUUID()}@example.com`,
      })
      .execute();
    await eventually(async () => {
      await refresh(page);
      expect(await page.locator('#schedules tr', { hasText: 'cleanup-expired' }).textContent()).toContain(
        'completed',
      );
      expect(await queues.locator('tr', { hasText: 'emails' }).textContent()).toMatch(/emails\s*[1-9]/);
    });
    expect(await page.evaluate('document.body.dataset.mark')).toBe(own);
    expect(await page.evaluate('scrollY')).toBe(before);
    expect(await page.evaluate(`document.activeElement.getAttribute('aria-label')`)).toBe(
      'Pause hourly-sync',
    );
    expect(await page.locator('#age').textContent()).toMatch(/^(Up to date|As of \d+ s ago)$/);
    await page.close();
  });

  it('can be used with the keyboard alone', async () => {
    const { page } = await open(desktop);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.screenshot({ path: join(screenshots, 'home-keyboard.png') });
    await page.keyboard.press('Enter');
    // From the figures on, each press moves the focus to the next control, and each control shows that it has the
    // focus.
    const reached = new Set<string>();
    for (let presses = 0; presses < 90; presses++) {
      await page.keyboard.press('Tab');
      const { name, outline, isGone } = await page.evaluate<{
        name: string;
        outline: string;
        isGone: boolean;
      }>(`({
        name: document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim(),
        outline: getComputedStyle(document.activeElement).outlineStyle,
        isGone: document.activeElement === document.body,
      })`);
      // A refresh removed the link, of a job that has ended, say. The next press continues from its place.
      if (isGone) continue;
      reached.add(name);
      expect(outline, `${name} shows that it has the focus`).not.toBe('none');
      if (name === 'Pause daily-report') break;
    }
    expect([...reached]).toEqual(expect.arrayContaining([failedJob, `Retry ${failedJob}`, 'Schedules']));
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Pause the schedule daily-report?' });
    await dialog.waitFor();
    await page.keyboard.type('the figures are being checked');
    await page.keyboard.press('Enter');
    await page.getByText('Pause daily-report: done.').waitFor();
    await page.getByRole('button', { name: 'Resume daily-report' }).waitFor();
    expect((await service.request('GET', '/api/schedules/daily-report')).body).toMatchObject({
      paused: true,
    });
    // The outcome is written while the response is sent.
    await eventually(async () =>
      expect((await service.request('GET', '/api/audit?what=daily-report')).body).toMatchObject({
        items: [
          {
            action: 'POST /api/schedules/:id/pause',
            reason: 'the figures are being checked',
            outcome: 'done',
          },
        ],
      }),
    );
    await page.close();
  });

  it('retries a failed job at a click, after confirmation', async () => {
    const { page } = await open(desktop);
    const runs = async (): Promise<number> =>
      (await service.client.workflow.count(`WorkflowId = '${failedJob}'`)).count;
    await eventually(async () => expect(await runs()).toBe(1));
    await page.getByRole('button', { name: `Retry ${failedJob}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Back' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: `Retry ${failedJob}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
    await page.locator('#notice', { hasText: `Retry ${failedJob}:` }).waitFor();
    await eventually(async () => expect(await runs()).toBe(2));
    await page.close();
  });

  it('says that the API is unavailable and how old the page is, and continues when it is back', async () => {
    const { page } = await open(desktop);
    // On a busy machine, a part may not have responded in time.
    await eventually(async () => {
      await refresh(page);
      expect(await page.locator('main').textContent()).toContain('Everything responds.');
    });
    await page.context().setOffline(true);
    await refresh(page);
    const notice = page.locator('#notice');
    await notice.filter({ hasText: 'The API does not respond. What you see is from' }).waitFor();
    await page
      .locator('#age')
      .filter({ hasText: /As of \d+ s ago/ })
      .waitFor();
    expect(await page.title()).toBe('(!) Durable Jobs');
    expect(await page.locator('main').textContent()).toContain('Everything responds.');
    await page.screenshot({ path: join(screenshots, 'home-away.png') });
    await page.context().setOffline(false);
    await refresh(page);
    await notice.waitFor({ state: 'hidden' });
    expect(await page.title()).toBe('Durable Jobs');
    await page.close();
  });

  it('shows no buttons to who may only look', async () => {
    const { id, key, secretHash } = makeApiKey();
    await insertApiKey(service.db, { id, name: 'a viewer', role: 'viewer', secretHash, expiresAt: null });
    const { page } = await open(desktop, key);
    await page.getByRole('cell', { name: 'in ' }).first().waitFor();
    expect(await page.locator('main .act').count()).toBeGreaterThan(0);
    expect(await page.locator('main .act:visible').count()).toBe(0);
    await page.close();
  });

  it('leads from a number to those jobs, and from there and from a job to the Web UI', async () => {
    const { page } = await open(desktop);
    const follow = async (path: string): Promise<void> => {
      const { headers } = await page.request
        .get(service.url + path, { maxRedirects: 0 })
        .then((answer) => ({ headers: answer.headers() }));
      await page.goto((headers.location ?? '').replace('http://127.0.0.1:8233', inject('temporalUiUrl')));
    };
    const link = page.locator('#jobs tr', { hasText: 'runDailyReport' }).locator('a[href*="status=failed"]');
    await link.click();
    await page.getByRole('link', { name: failedJob }).first().waitFor();
    expect(await page.getByRole('link', { name: /^process-order:/ }).count()).toBe(0);
    const inWebUi = page.getByRole('link', { name: 'This search in the Web UI' });
    await follow((await inWebUi.getAttribute('href')) ?? '');
    await page.getByText(failedJob).first().waitFor();
    expect(await page.getByRole('link', { name: /^process-order:/ }).count()).toBe(0);
    await page.screenshot({ path: join(screenshots, 'dashboard-list.png') });

    await follow(`/dashboard?job=${encodeURIComponent(failedJob)}`);
    await page.getByText('has not ended yet').first().waitFor();
    await page.screenshot({ path: join(screenshots, 'dashboard-job.png') });
    await page.close();
  });
});
