import { existsSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runTask } from 'durable-jobs/dev';
import { projectRoot } from './paths.ts';

/** Installs the locked packages of a folder that `npm ci` leaves out, unless they are installed. */
export async function installLocked(folder: string, signal?: AbortSignal): Promise<void> {
  const locked = join(folder, 'package-lock.json');
  const installed = join(folder, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(locked).mtimeMs) return;
  console.log(`Installing the packages of ${relative(projectRoot, folder)} (npm ci).`);
  await runTask('npm', ['ci', '--no-fund', '--no-audit'], {
    cwd: folder,
    timeoutMs: 600_000,
    ...(signal && { signal }),
  });
}
