import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';

/** Folder of downloaded and built executables, shared by all applications of this user. */
export const cacheDir = resolve(
  process.env.DURABLE_JOBS_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'durable-jobs'),
);

/** Returns a short unique name for a folder, for use in places that applications share. */
export function uniqueName(folder: string): string {
  return `${basename(folder)}-${createHash('sha256').update(folder).digest('hex').slice(0, 10)}`;
}

/** Creates a folder with its parents and returns its path. */
export function ensureDir(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}
