import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { holderOf, tryLock } from './lock.mjs';
import { ensureDir, namingFolder } from './paths.ts';

/**
 * Returns the folder in which an application's stack keeps its state: DURABLE_JOBS_STATE, otherwise `.state` in the application's folder.
 */
export function stateFolderOf(folder: string, env: NodeJS.ProcessEnv): string {
  const { DURABLE_JOBS_STATE: named = '' } = env;
  return resolve(folder, named === '' ? '.state' : named);
}

/** Returns the folder of the log files of a stack's parts. */
export function logFolder(stateDir: string): string {
  return join(stateDir, 'logs');
}

/** URLs of a stack's parts, for the worker, the API and people. */
export interface StackUrls {
  api: string;
  workerHealth: string;
  apiMetrics: string;
  temporalAddress: string;
  temporalUi: string;
  database: string;
  inbox?: string;
  smtp: string;
  /** URL of the message broker, unless messages use the database, and the broker's address of the message queue. */
  broker?: string;
  brokerQueue?: string;
}

/** The URLs of a stack of which nothing runs yet. */
export const noUrls: StackUrls = {
  api: '',
  workerHealth: '',
  apiMetrics: '',
  temporalAddress: '',
  temporalUi: '',
  database: '',
  smtp: '',
};

/** The description of the running stack in `stack.json` of its state folder. */
export interface StackInfo {
  pid: number;
  startedAt: string;
  urls: StackUrls;
  /** URLs of the application's own servers, by name. */
  ownUrls: Record<string, string>;
  apiKey: string;
  /** The variables whose values the file `.env` of the application's folder has set. */
  fromEnvFile: string[];
  /** The set variables that name files with the values of others, such as `API_KEY_FILE`. */
  valueFiles?: string[];
  /** Process ids by name; absent while a process is down. */
  processes: Record<string, number>;
}

const stackFile = (stateDir: string): string => join(stateDir, 'stack.json');
const lockFile = (stateDir: string): string => join(stateDir, 'stack.lock');

/** Claims the stack of a state folder for this process. Returns the function that releases it; undefined if another process runs it. */
export function claimStack(stateDir: string): (() => void) | undefined {
  ensureDir(stateDir);
  const release = namingFolder(stateDir, () => tryLock(lockFile(stateDir)));
  if (!release) return undefined;
  rmSync(stackFile(stateDir), { force: true });
  return () => {
    rmSync(stackFile(stateDir), { force: true });
    release();
  };
}

/** Returns the description of the running stack; undefined if none is running or it is not ready yet. */
export function readStack(stateDir: string): StackInfo | undefined {
  if (stackPid(stateDir) === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(stackFile(stateDir), 'utf8')) as StackInfo;
  } catch {
    return undefined;
  }
}

/** Returns the id of the process that runs the stack of a state folder, if any. */
export function stackPid(stateDir: string): number | undefined {
  return holderOf(lockFile(stateDir));
}

/** Writes the description of the stack atomically. Only this user may read it, because it contains passwords. */
export function writeStack(stateDir: string, info: StackInfo): void {
  const file = stackFile(stateDir);
  const part = `${file}.${process.pid}`;
  writeFileSync(part, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
  renameSync(part, file);
}
