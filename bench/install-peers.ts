import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../local/paths.ts';
import { runTask } from '../packages/durable-jobs/src/dev/executables.ts';

const folder = join(projectRoot, 'bench', 'peers');

/** Installs the locked references, unless they are installed. Nothing else of the project installs them. */
export async function installPeers(signal: AbortSignal): Promise<void> {
  const locked = join(folder, 'package-lock.json');
  const installed = join(folder, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(locked).mtimeMs) return;
  console.log('Installing the references in bench/peers (npm ci).');
  await runTask('npm', ['ci', '--no-fund', '--no-audit'], { cwd: folder, timeoutMs: 600_000, signal });
}
