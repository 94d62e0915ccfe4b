import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  findOnPath,
  firstLine,
  isExecutable,
  runTask,
} from '../../../packages/durable-jobs/src/dev/executables.ts';
import { withLock } from '../../../packages/durable-jobs/src/dev/lock.mjs';
import { cacheDir, ensureDir } from '../../../packages/durable-jobs/src/dev/paths.ts';
import type { Report } from '../../../packages/durable-jobs/src/dev/wait.ts';

/** Where the Python generator is, and the Python that has what its clients need; or what would get them. */
export type PythonGenerator =
  | { generator: string; python: string; howToGet?: undefined }
  | { generator?: undefined; python?: undefined; howToGet: string };

const requirements = fileURLToPath(new URL('openapi-python-client.txt', import.meta.url));

/** A slow line, and a busy machine. */
const INSTALL_MS = 300_000;

/**
 * Finds openapi-python-client in the project's cache, or installs it there, as pinned in openapi-python-client.txt. Where that is
 * not possible, the answer says what would make it so.
 */
export async function resolveOpenapiPythonClient(report: Report): Promise<PythonGenerator> {
  const system = findOnPath('python3');
  if (system === undefined)
    return { howToGet: '[needs Python 3.10 or newer: install python3 and python3-venv]' };
  const pins = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 10);
  const folder = join(cacheDir, `openapi-python-client-${pins}`);
  const found = {
    generator: join(folder, 'bin', 'openapi-python-client'),
    python: join(folder, 'bin', 'python'),
  };
  if (isExecutable(found.generator)) return found;
  ensureDir(dirname(folder));
  try {
    await withLock(
      `${folder}.lock`,
      async () => {
        if (isExecutable(found.generator)) return;
        // What an interrupted installation left. The scripts name their folder, so it can't be moved into place.
        rmSync(folder, { recursive: true, force: true });
        report('installing openapi-python-client');
        const timeoutMs = INSTALL_MS;
        await runTask(system, ['-m', 'venv', folder], { timeoutMs });
        const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement'];
        await runTask(found.python, [...pip, requirements], { timeoutMs });
      },
      (holder) => report(`process ${holder} is installing it; waiting for that`),
    );
    return found;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return { howToGet: `[needs openapi-python-client: install python3-venv; ${firstLine(error)}]` };
  }
}
