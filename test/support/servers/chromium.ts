import { findOnPath } from '../../../packages/durable-jobs/src/dev/executables.ts';
import type { Part } from './time-skipping-server.ts';

/** Finds a Chromium or Chrome: CHROMIUM_PATH, otherwise on PATH. */
export function resolveChromium(): Part {
  const path =
    process.env.CHROMIUM_PATH ??
    findOnPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
  if (path !== undefined) return { path };
  return { howToGet: '[needs a browser: install chromium, or set CHROMIUM_PATH]' };
}
