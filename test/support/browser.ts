import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, inject } from 'vitest';
import { stateDir } from '../../local/paths.ts';
import { PATIENCE_MS } from './jobs.ts';

/** A browser of a test file, with one page. */
export interface TestBrowser {
  page: Page;
  /** Another page, in a separate window. */
  open: (options: BrowserContextOptions) => Promise<Page>;
  /** Saves a screenshot of the page for people to look at. */
  screenshot: (name: string) => Promise<void>;
}

/** Starts Chromium for the tests of the describe block in which it is called. Skip the block if `howToGet` is set. */
export function useBrowser(): TestBrowser {
  const { path } = inject('chromium');
  const screenshots = join(stateDir, 'screenshots');
  let browser: Browser;
  let page: Page;
  const open = async (options: BrowserContextOptions): Promise<Page> => {
    const opened = await browser.newPage(options);
    opened.setDefaultTimeout(PATIENCE_MS);
    return opened;
  };
  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    browser = await chromium.launch({
      ...(path !== undefined && { executablePath: path }),
      // Root cannot use the browser's own sandbox; the other flags prevent it from accessing the internet.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    page = await open({ viewport: { width: 1400, height: 1000 } });
  });
  afterAll(() => browser.close());
  return {
    get page() {
      return page;
    },
    open,
    screenshot: async (name) => {
      await page.screenshot({ path: join(screenshots, `${name}.png`) });
    },
  };
}

/** Waits until the script of a page of the console has loaded: what a test does from then on reaches it. */
export async function scriptLoaded(page: Page): Promise<void> {
  await page
    .locator('#age')
    .filter({ hasText: /^(Up to date|As of \d+ s ago)$/ })
    .waitFor();
}
