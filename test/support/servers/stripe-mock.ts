import { dirname, join } from 'node:path';
import { findOnPath, firstLine, isExecutable } from '../../../packages/durable-jobs/src/dev/executables.ts';
import { goInstall, hasGo } from '../../../local/go-install.ts';
import { withLock } from '../../../packages/durable-jobs/src/dev/lock.mjs';
import { cacheFolder, ensureDir } from '../../../packages/durable-jobs/src/dev/paths.ts';
import type { Part } from './time-skipping-server.ts';
import type { Report } from '../../../packages/durable-jobs/src/dev/wait.ts';

const VERSION = '0.203.0';

/**
 * Finds Stripe's own mock of its API, or builds it: STRIPE_MOCK_PATH, on PATH, in the project's cache, with Go. If none is possible, the
 * result says how to get it.
 */
export async function resolveStripeMock(
  report: Report,
  options: { signal?: AbortSignal } = {},
): Promise<Part> {
  const found = process.env.STRIPE_MOCK_PATH ?? findOnPath('stripe-mock');
  if (found !== undefined) return { path: found };
  const cached = join(
    cacheFolder(),
    'bin',
    `stripe-mock-${VERSION}${process.platform === 'win32' ? '.exe' : ''}`,
  );
  if (isExecutable(cached)) return { path: cached };
  if (!hasGo()) return { howToGet: '[needs stripe-mock: install it on PATH, or install Go]' };
  const folder = ensureDir(dirname(cached));
  try {
    await withLock(
      join(folder, '.stripe-mock.lock'),
      async () => {
        if (isExecutable(cached)) return;
        await goInstall(`github.com/stripe/stripe-mock@v${VERSION}`, cached, { report, ...options });
      },
      (holder) => report(`process ${holder} is building it; waiting for that`),
    );
    return { path: cached };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { howToGet: `[needs stripe-mock: install it on PATH; ${firstLine(error)}]` };
  }
}
