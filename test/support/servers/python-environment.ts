import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOnPath, firstLine, runTask } from '../../../packages/durable-jobs/src/dev/executables.ts';
import { withLock } from '../../../packages/durable-jobs/src/dev/lock.mjs';
import { cacheDir, ensureDir } from '../../../packages/durable-jobs/src/dev/paths.ts';
import type { Report } from '../../../packages/durable-jobs/src/dev/wait.ts';

/** The folder with the executables of a Python environment; or what would get it. */
export type PythonEnvironment = { bin: string; howToGet?: undefined } | { bin?: undefined; howToGet: string };

/** A slow line, and a busy machine. */
const INSTALL_MS = 300_000;

/**
 * Finds a Python environment in the project's cache, or makes it there of the packages that `<name>.txt` pins. Where that is not
 * possible, the answer says what would make it so.
 */
export async function resolvePythonEnvironment(name: string, report: Report): Promise<PythonEnvironment> {
  const system = findOnPath('python3');
  if (system === undefined)
    return { howToGet: '[needs Python 3.10 or newer: install python3 and python3-venv]' };
  const requirements = fileURLToPath(new URL(`${name}.txt`, import.meta.url));
  const pins = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 10);
  const folder = join(cacheDir, `${name}-${pins}`);
  const bin = join(folder, 'bin');
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return { bin };
  ensureDir(dirname(folder));
  try {
    await withLock(
      `${folder}.lock`,
      async () => {
        if (existsSync(complete)) return;
        // What an interrupted installation left. The scripts name their folder, so it can't be moved into place.
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
