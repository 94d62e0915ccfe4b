/**
 * Set-up of test files that must not run concurrently: each of them has a separate process, which waits here for its turn. The runner
 * cannot do this: its number of processes is one setting for all projects, and files that share a process share the SDK's runtime, which
 * can only be installed once.
 */
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tryLock } from '../../packages/durable-jobs/src/dev/lock.mjs';

const file = join(tmpdir(), `durable-jobs-tests-alone-${userInfo().uid}.lock`);
let release = tryLock(file);
while (!release) {
  await delay(100);
  release = tryLock(file);
}
process.once('exit', release);
