import { mkdir } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { runTask } from '../../packages/durable-jobs/src/dev/executables.ts';
import { withLock } from '../../packages/durable-jobs/src/dev/lock.mjs';

const PACK_MS = 300_000;

/** Returns the library as users install it: the tarball of `npm pack`, which builds it first. It is packed once for a test run. */
export async function packLibrary(): Promise<string> {
  const folder = join(inject('runFolder'), 'packed');
  await mkdir(folder, { recursive: true });
  const tarball = (): string | undefined => readdirSync(folder).find((name) => name.endsWith('.tgz'));
  await withLock(
    join(folder, 'lock'),
    async () => {
      if (tarball() !== undefined) return;
      const options = { timeoutMs: PACK_MS, cwd: fileURLToPath(new URL('../..', import.meta.url)) };
      // If npm runs no scripts, packing does not build.
      await runTask('npm', ['run', 'build', '--workspace', 'durable-jobs'], options);
      const pack = ['pack', '--ignore-scripts', '--workspace', 'durable-jobs', '--pack-destination', folder];
      await runTask('npm', pack, options);
    },
    () => undefined,
  );
  const name = tarball();
  if (name === undefined) throw new Error('npm pack has made no tarball');
  return join(folder, name);
}
