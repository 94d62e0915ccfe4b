import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOnPath, firstLine, runTask } from '../../../packages/durable-jobs/src/dev/executables.ts';
import { withLock } from '../../../packages/durable-jobs/src/dev/lock.mjs';
import { cacheFolder, ensureDir } from '../../../packages/durable-jobs/src/dev/paths.ts';
import type { Report } from '../../../packages/durable-jobs/src/dev/wait.ts';

/** The folder with the executables of a Python environment, or how to get one. */
export type PythonEnvironment = { bin: string; howToGet?: undefined } | { bin?: undefined; howToGet: string };

/** A slow line, and a busy machine. */
const INSTALL_MS = 300_000;

/**
 * Finds a Python environment in the project's cache, or creates it there with the packages of `<name>.txt`. If that is not possible, the
 * result says what is missing.
 */
export async function resolvePythonEnvironment(name: string, report: Report): Promise<PythonEnvironment> {
  const system = findOnPath('python3');
  if (system === undefined)
    return { howToGet: '[needs Python 3.10 or newer: install python3 and python3-venv]' };
  const requirements = fileURLToPath(new URL(`${name}.txt`, import.meta.url));
  const pins = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 10);
  const folder = join(cacheFolder(), `${name}-${pins}`);
  const bin = join(folder, 'bin');
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return { bin };
  ensureDir(dirname(folder));
  try {
    await withLock(
      `${folder}.lock`,
      async () => {
        if (existsSync(complete)) return;
        // The rest of an interrupted installation. The scripts contain the path of their folder, so it cannot be moved
        // into place.
        rmSync(folder, { recursive: true, force: true });
        report(`installing ${name}`);
        const timeoutMs = INSTALL_MS;
        await runTask(system, ['-m', 'venv', folder], { timeoutMs });
        const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement'];
        await runTask(join(bin, 'python'), [...pip, requirements], { timeoutMs });
        writeFileSync(complete, '');
      },
      (holder) => report(`process ${holder} is installing it; waiting for that`),
    );
    return { bin };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return { howToGet: `[needs ${name}: install python3-venv; ${firstLine(error)}]` };
  }
}
