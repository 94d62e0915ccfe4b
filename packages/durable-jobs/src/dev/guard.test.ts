import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { typescriptFlags } from '../../../../local/node-flags.mjs';
import { isAlive } from './is-alive.mjs';
import { waitUntil } from './wait.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guard-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const guardModule = fileURLToPath(new URL('guard.ts', import.meta.url));

/** Starts a process that registers a child (which may ignore SIGTERM) and a folder with its guard, and reports that. */
async function startOwner(stubborn: boolean): Promise<{ owner: number; child: number; kept: string }> {
  const kept = join(folder, 'kept');
  const child = `${stubborn ? "process.on('SIGTERM', () => {});" : ''} setInterval(() => {}, 1000);`;
  const owner = spawn(
    process.execPath,
    [
      ...typescriptFlags,
      '--input-type=module',
      '-e',
      `import { spawn } from 'node:child_process';
       import { mkdirSync, writeFileSync } from 'node:fs';
       import { guardFolder, guardProcess } from ${JSON.stringify(guardModule)};
       const child = spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { detached: true, stdio: 'ignore' });
       guardProcess(child.pid, { signal: 'SIGTERM', graceMs: 500 });
       mkdirSync(${JSON.stringify(kept)});
       guardFolder(${JSON.stringify(kept)});
       setTimeout(() => writeFileSync(${JSON.stringify(join(folder, 'child'))}, String(child.pid)), 300);
       setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  await waitUntil(() => existsSync(join(folder, 'child')), { what: 'no owner', timeoutMs: 60_000 });
  const result = {
    owner: owner.pid ?? 0,
    child: Number(readFileSync(join(folder, 'child'), 'utf8')),
    kept,
  };
  expect(isAlive(result.child)).toBe(true);
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  return result;
}

describe.skipIf(process.platform !== 'linux')(
  'what a killed owner leaves behind [needs Linux: it reads /proc]',
  () => {
    it.each([
      ['a process that stops when asked to', false],
      ['a process that has to be killed', true],
    ])('is ended: %s, and its folders', async (_name, stubborn) => {
      const { child, kept } = await startOwner(stubborn);
      await waitUntil(() => !isAlive(child) && !existsSync(kept), {
        what: 'the guard has not ended it',
        timeoutMs: 60_000,
      });
    });
  },
);

it('is one for a process that has loaded the module twice, and each copy learns its id', async () => {
  const pids: number[] = [];
  const first = await import('./guard.ts');
  first.onGuardStart((pid) => pids.push(pid));
  vi.resetModules();
  const second = await import('./guard.ts');
  expect(second).not.toBe(first);
  second.guardFolder(folder);
  first.guardFolder(folder);
  second.onGuardStart((pid) => pids.push(pid));
  expect(pids).toHaveLength(2);
  expect(pids[1]).toBe(pids[0]);
});
