import { chromium, type Browser } from 'playwright-core';
import { inject } from 'vitest';

/** Starts the browser that the set-up has found. */
export function launchBrowser(): Promise<Browser> {
  const { path } = inject('chromium');
  return chromium.launch({
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
}
