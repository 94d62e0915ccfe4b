import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, inject } from 'vitest';
import { stateDir } from '../../local/paths.ts';

/** A browser of a test file, with one page. */
export interface TestBrowser {
  page: Page;
  /** Keeps a picture of the page for people to look at. */
  screenshot: (name: string) => Promise<void>;
}

/** Starts Chromium for the tests of the describe block that it is called in. Skip the block where `howToGet` is set. */
export function useBrowser(): TestBrowser {
  const { path } = inject('chromium');
  const screenshots = join(stateDir, 'screenshots');
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    browser = await chromium.launch({
      ...(path !== undefined && { executablePath: path }),
      // Root may not use the browser's own sandbox; the rest keeps it from looking for the internet.
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
    page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  });
  afterAll(() => browser.close());
  return {
    get page() {
      return page;
    },
    screenshot: async (name) => {
      await page.screenshot({ path: join(screenshots, `${name}.png`) });
    },
  };
}
