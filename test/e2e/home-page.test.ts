import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pino } from 'pino';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { stateDir } from '../../local/paths.ts';
import { LOCAL_API_KEY } from '../../platform/config.ts';
import { createScheduler } from '../../platform/schedules/scheduler.ts';
import { loadDefinitions } from '../../schedules/definitions.ts';
import { useBrowser } from '../support/browser.ts';
import { uploadItems } from '../support/bulk.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const browserPath = inject('chromium');
const screenshots = join(stateDir, 'screenshots');

/** What the browser shows; text rather than a function, as this project is compiled without the browser's types. */
const look = `({
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  cutOff: [...document.querySelectorAll('section')].filter((part) => part.scrollWidth > part.clientWidth).map((part) => part.id),
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
    await scheduler.trigger('refresh-cache');

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

  /** Opens a page as a person does who signs in, and notes what the browser complains about. */
  async function open(options: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.open(options);
    await page.goto(service.url);
    await page.getByLabel('API key').fill(LOCAL_API_KEY);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Durable Jobs' }).waitFor();
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
      expect(text).toContain('Everything answers.');
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
    expect(await page.evaluate(look)).toEqual({
      overflow: 0,
      cutOff: [],
      away: [],
      unnamed: 0,
      card: name.endsWith('dark') ? 'rgb(27, 33, 42)' : 'rgb(255, 255, 255)',
    });
    expect(complaints).toEqual([]);
    await page.close();
  });
});
