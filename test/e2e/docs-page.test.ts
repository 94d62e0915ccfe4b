import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, inject, it } from 'vitest';
import { stateDir } from '../../local/paths.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { useBrowser } from '../support/browser.ts';
import { useService } from '../support/service.ts';

const browserPath = inject('chromium');
const screenshots = join(stateDir, 'screenshots');

describe.skipIf(browserPath.path === undefined)(`the page of the API ${browserPath.howToGet ?? ''}`, () => {
  const service = useService({ workers: false });
  const browser = useBrowser();

  /** Opens the page, and records the browser's errors and the requests to other hosts. */
  async function open(options: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.open(options);
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== 'data:' && origin !== service.url) complaints.push(`asks for ${request.url()}`);
    });
    await page.goto(`${service.url}/docs`, { waitUntil: 'networkidle' });
    return { page, complaints };
  }

  it.each([
    { name: 'desktop', options: { viewport: { width: 1280, height: 900 } } },
    { name: 'phone', options: { viewport: { width: 390, height: 844 }, isMobile: true } },
    { name: 'dark', options: { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' } },
  ] as const)('shows every resource, from our own server alone: $name', async ({ name, options }) => {
    const { page, complaints } = await open(options);
    await page.getByRole('heading', { name: 'Durable Jobs' }).waitFor();
    await page.getByText('/api/schedules/{id}/backfill').waitFor();
    await page.screenshot({ path: join(screenshots, `docs-${name}.png`) });
    expect(complaints).toEqual([]);
    const overflow = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow).toBe(0);
    const isDark = await page.evaluate<boolean>(`document.documentElement.matches('.dark-mode')`);
    expect(isDark).toBe(name === 'dark');
    await page.close();
  });

  it('tries a route out with the key', async () => {
    const { page, complaints } = await open({ viewport: { width: 1280, height: 1100 } });
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    await page.getByRole('textbox', { name: 'auth-bearer-value' }).fill(LOCAL_API_KEY);
    await page.screenshot({ path: join(screenshots, 'docs-authorize.png') });
    await page.getByRole('button', { name: 'Apply credentials' }).click();
    await page.getByRole('button', { name: 'Close' }).last().click();

    await page.getByText('Set the stock level of a SKU').click();
    await page.getByPlaceholder('sku').fill('BOOK-1');
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    await page.screenshot({ path: join(screenshots, 'docs-tried.png') });
    expect(await page.locator('.live-responses-table').textContent()).toContain('"available": 12');
    expect(complaints).toEqual([]);
    await page.close();
  });
});
