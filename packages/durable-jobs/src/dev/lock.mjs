import { execFileSync } from 'node:child_process';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from './is-alive.mjs';

/**
 * Acquires a lock file, which contains its holder's process id and start time. A holder that has died holds nothing, even if its id now
 * belongs to another process, for example after a restart of the machine or container.
 * @param {string} file
 * @returns {(() => void) | undefined} the function that releases it, or undefined if another process holds it
 */
export function tryLock(file) {
  const mine = `${file}.${process.pid}`;
  for (let attempt = 0; attempt < 3; attempt++) {
    writeFileSync(mine, `${process.pid} ${startOf(process.pid)}`);
    try {
      // A link is atomic: the file never exists without its content.
      linkSync(mine, file);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    } finally {
      rmSync(mine, { force: true });
    }
    if (holderOf(file) !== undefined) return undefined;
    rmSync(file, { force: true });
  }
  return undefined;
}

/**
 * Waits for the lock and holds it while `work` runs.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {(holder: number) => void} [onWait] called once if another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(file, work, onWait) {
  let said = false;
  let release = tryLock(file);
  while (!release) {
    const holder = holderOf(file);
    if (!said && holder !== undefined) {
      said = true;
      onWait?.(holder);
    }
    await delay(250);
    release = tryLock(file);
  }
  try {
    return await work();
  } finally {
    release();
  }
}

/**
 * Returns the process that holds a lock, if it is alive.
 * @param {string} file
 * @returns {number | undefined}
 */
export function holderOf(file) {
  try {
    const [, pid, start] = /^(\d+) (.*)$/.exec(readFileSync(file, 'utf8')) ?? [];
    if (pid === undefined) return undefined;
    return startOf(Number(pid)) === start ? Number(pid) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns the start time of a process in the system's format; empty if there is no such process.
 * @param {number} pid
 */
function startOf(pid) {
  try {
    // The start time is the 22nd field; the 2nd, a name in parentheses, may contain spaces.
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return state === 'Z' ? '' : fields[18];
  } catch {
    if (process.platform === 'linux') return '';
  }
  if (process.platform === 'win32') return isAlive(pid) ? 'alive' : '';
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
