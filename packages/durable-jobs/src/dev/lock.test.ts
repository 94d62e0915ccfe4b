import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holderOf, tryLock, withLock } from './lock.mjs';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  file = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a lock', () => {
  it('has one holder until it is released', () => {
    const release = tryLock(file);
    expect(release).toBeDefined();
    expect(holderOf(file)).toBe(process.pid);
    expect(tryLock(file)).toBeUndefined();
    release?.();
    expect(existsSync(file)).toBe(false);
    expect(tryLock(file)).toBeDefined();
  });

  it('of a process that has died is free', () => {
    writeFileSync(file, '999999999 1');
    expect(holderOf(file)).toBeUndefined();
    expect(tryLock(file)).toBeDefined();
  });

  it('of a process whose id another one has by now is free', () => {
    tryLock(file);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/ .*/, ' an earlier start'));
    expect(holderOf(file)).toBeUndefined();
    expect(tryLock(file)).toBeDefined();
  });

  it('is waited for', async () => {
    const release = tryLock(file);
    const waited: number[] = [];
    const working = withLock(
      file,
      () => Promise.resolve('done'),
      (holder) => {
        waited.push(holder);
        release?.();
      },
    );
    expect(await working).toBe('done');
    expect(waited).toEqual([process.pid]);
    expect(existsSync(file)).toBe(false);
  });
});
