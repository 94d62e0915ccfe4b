import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { stateDir } from '../../local/paths.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { useBrowser } from '../support/browser.ts';
import { seedFortnight } from '../support/seed-fortnight.ts';
import { useService } from '../support/service.ts';
import { runJob } from '../support/start-job.ts';

const browserPath = inject('chromium');
const screenshots = join(stateDir, 'screenshots');
const day = '2025-11-22';

/** What the browser shows. */
interface Seen {
  overflow: number;
  charts: number;
  unnamed: number;
  withoutTable: number;
  cutTables: number;
  smallestText: number;
  cutOff: string[];
  card: string;
}

/** Runs in the page. It is text rather than a function, because this project is compiled without the browser's types. */
const look = `(() => {
  const charts = [...document.querySelectorAll('svg.chart')];
  return {
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    charts: charts.length,
    unnamed: charts.filter((chart) => !chart.getAttribute('aria-label')).length,
    withoutTable: charts.filter((chart) => !chart.closest('.beside')?.querySelector('table')).length,
    cutTables: [...document.querySelectorAll('.scroll')].filter((box) => box.scrollWidth > box.clientWidth).length,
    // A unit of the drawing on the screen, times the smallest letters that the style sheet has.
    smallestText: Math.min(...charts.map((chart) => (chart.getBoundingClientRect().width / 340) * 10.5)),
    // Letters that stick out of their drawing are cut off.
    cutOff: charts.flatMap((chart) => {
      const box = chart.getBoundingClientRect();
      return [...chart.querySelectorAll('text')]
        .filter((text) => {
          const { left, right, top, bottom } = text.getBoundingClientRect();
          return left < box.left || right > box.right || top < box.top - 2 || bottom > box.bottom + 2;
        })
        .map((text) => text.textContent);
    }),
    card: getComputedStyle(document.querySelector('section')).backgroundColor,
  };
})()`;

describe.skipIf(browserPath.path === undefined)(`the report's page ${browserPath.howToGet ?? ''}`, () => {
  const service = useService({ workerSettings: { TIME_ZONE: 'Europe/Berlin' } });
  const browser = useBrowser();
  let url: string;

  beforeAll(async () => {
    await seedFortnight(service.db, day);
    const { result } = await runJob(service, 'runDailyReport', { day });
    url = `${service.url}/api/reports/${(result as { reportId: string }).reportId}`;
  });

  /** Opens the report as a person with the key, and returns the browser's errors. */
  async function open(options: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.open({
      ...options,
      extraHTTPHeaders: { authorization: `Bearer ${LOCAL_API_KEY}` },
    });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    const response = await page.goto(url, { waitUntil: 'load' });
    expect(response?.headers()['content-type']).toBe('text/html; charset=utf-8');
    expect(response?.headers()['content-security-policy']).toContain("script-src 'self'");
    return { page, complaints: complaints.filter((text) => !text.includes('favicon')) };
  }

  it.each([
    { name: 'desktop', options: { viewport: { width: 1280, height: 900 } } },
    { name: 'desktop-dark', options: { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' } },
    { name: 'phone', options: { viewport: { width: 360, height: 780 }, isMobile: true } },
    {
      name: 'phone-dark',
      options: { viewport: { width: 360, height: 780 }, isMobile: true, colorScheme: 'dark' },
    },
  ] as const)('is whole and readable: $name', async ({ name, options }) => {
    const { page, complaints } = await open(options);
    expect(complaints).toEqual([]);
    await page.getByRole('heading', { name: 'Saturday 22 November 2025' }).waitFor();
    await page.screenshot({ path: join(screenshots, `report-${name}.png`), fullPage: true });

    const seen = await page.evaluate<Seen>(look);
    expect(seen).toMatchObject({
      overflow: 0,
      charts: 7,
      unnamed: 0,
      withoutTable: 0,
      cutTables: 0,
      cutOff: [],
    });
    expect(seen.smallestText).toBeGreaterThan(9);
    expect(seen.card).toBe(name.endsWith('dark') ? 'rgb(27, 33, 42)' : 'rgb(255, 255, 255)');
    await page.close();
  });
});
