import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';

/**
 * Returns the folder of downloaded and built executables, which all applications of this user share.
 * @throws an error that names the variables to set, if this user has no home folder.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { DURABLE_JOBS_CACHE: own, XDG_CACHE_HOME: shared } = env;
  if (own !== undefined && own !== '') return resolve(own);
  return resolve(
    shared !== undefined && shared !== '' ? shared : join(homeFolder(env), '.cache'),
    'durable-jobs',
  );
}

function homeFolder(env: NodeJS.ProcessEnv): string {
  const unknown =
    'The home folder of this user is unknown: set HOME, or set DURABLE_JOBS_CACHE to a folder for downloads.';
  if (env.HOME === '') throw new Error(unknown);
  try {
    return homedir();
  } catch (error) {
    // Without HOME, the system has no entry for the user of a container.
    throw new Error(unknown, { cause: error });
  }
}

/** Returns a short unique name for a folder, for use in places that applications share. */
export function uniqueName(folder: string): string {
  return `${basename(folder)}-${createHash('sha256').update(folder).digest('hex').slice(0, 10)}`;
}

/**
 * Creates a folder with its parents and returns its path.
 * @throws an error that names the folder and the reason.
 */
export function ensureDir(path: string): string {
  return namingFolder(path, () => {
    mkdirSync(path, { recursive: true });
    return path;
  });
}

const reasons: Record<string, string> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is on a read-only file system',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'a file has its name',
  ENOSPC: 'no space is left',
  ENAMETOOLONG: 'its path is too long',
};

/**
 * Runs what writes into a folder.
 * @throws an error that names the folder and the reason if it cannot be written.
 */
export function namingFolder<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''];
    if (reason === undefined) throw error;
    throw new Error(`The folder ${path} cannot be written: ${reason}.`, { cause: error });
  }
}
