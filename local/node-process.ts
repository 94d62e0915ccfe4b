import { typescriptFlags } from './node-flags.mjs';
import { projectRoot } from './paths.ts';

/** A machine that is busy, or that reads everything from a cold disk, is given time; progress is shown all along. */
const READY_MS = 120_000;

/** A Node process of this project: of a source, or of a built file. */
export function nodeProcess(entry: string) {
  return {
    command: process.execPath,
    args: entry.endsWith('.ts') ? [...typescriptFlags, entry] : [entry],
    cwd: projectRoot,
    channel: true,
    readyTimeoutMs: READY_MS,
  };
}
