import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { typescriptFlags } from '../local/node-flags.mjs';

/** Starts what a measure is compared with, a file of this folder, in a process of its own. */
export function startReferenceProcess(
  file: string,
  args: readonly string[],
): { pid: number; stop: () => Promise<void> } {
  const entry = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn('node', [...typescriptFlags, entry, ...args], { stdio: 'inherit' });
  const exited = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill();
      await exited;
    },
  };
}
