import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Takes a lock that is a file with its holder's process id. A holder that has died holds nothing.
 * @param {string} file
 * @returns {(() => void) | undefined} what releases it, or undefined where another process holds it
 */
export function tryLock(file) {
  const mine = `${file}.${process.pid}`;
  for (let attempt = 0; attempt < 3; attempt++) {
    writeFileSync(mine, String(process.pid));
    try {
      // Linked rather than opened: the file is never there without its content.
      linkSync(mine, file);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    } finally {
      rmSync(mine, { force: true });
    }
    const holder = holderOf(file);
    if (holder !== undefined && isAlive(holder)) return undefined;
    rmSync(file, { force: true });
  }
  return undefined;
}

/**
 * Waits until the lock is free, takes it, and holds it for as long as `work` takes.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {(holder: number) => void} [onWait] called once where another process holds the lock
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

/** @param {string} file */
function holderOf(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
