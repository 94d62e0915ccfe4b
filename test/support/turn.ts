/**
 * Set-up of test files of which only some may run at a time: each file has a separate process, which waits here for its turn. The runner
 * cannot do this: its number of processes is one setting for all projects, and files that share a process share the SDK's runtime, which
 * can only be installed once. Two runs on one machine take turns too.
 */
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { tryLock } from '../../packages/durable-jobs/src/dev/lock.mjs';

/** The project's name and how many of its files may run at a time, as vitest.config.ts declares them. */
const { name, atATime } = inject('turns');

function tryTurn(): (() => void) | undefined {
  for (let turn = 0; turn < atATime; turn++) {
    const release = tryLock(join(tmpdir(), `durable-jobs-tests-${name}-${turn}-${userInfo().uid}.lock`));
    if (release) return release;
  }
  return undefined;
}

let release = tryTurn();
while (!release) {
  await delay(100);
  release = tryTurn();
}
process.once('exit', release);
