import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { holderOf, tryLock } from './lock.mjs';
import { ensureDir } from './paths.ts';

/** Where the stack of an application keeps what must survive a restart: DURABLE_JOBS_STATE, else `.state` in its folder. */
export function stateFolderOf(folder: string, env: NodeJS.ProcessEnv): string {
  return resolve(folder, env.DURABLE_JOBS_STATE ?? '.state');
}

/** Where each part of a stack writes what it prints. */
export function logFolder(stateDir: string): string {
  return join(stateDir, 'logs');
}

/** Where the parts of a stack are, as the worker and the API are told, and where people look. */
export interface StackUrls {
  api: string;
  workerHealth: string;
  apiMetrics: string;
  temporalAddress: string;
  temporalUi: string;
  database: string;
  inbox?: string;
  smtp: string;
  /** Of the message broker, where it is not the database; and its address of the queue of messages. */
  broker?: string;
  brokerQueue?: string;
}

/** What the running stack says about itself in `stack.json` of its state folder. */
export interface StackInfo {
  pid: number;
  startedAt: string;
  urls: StackUrls;
  /** Of the application's own servers, by name. */
  ownUrls: Record<string, string>;
  apiKey: string;
  /** Process ids by name; absent while a process is down. */
  processes: Record<string, number>;
}

const stackFile = (stateDir: string): string => join(stateDir, 'stack.json');
const lockFile = (stateDir: string): string => join(stateDir, 'stack.lock');

/** Claims the stack of a state folder for this process. Returns what releases it; undefined if another process runs it. */
export function claimStack(stateDir: string): (() => void) | undefined {
  ensureDir(stateDir);
  const release = tryLock(lockFile(stateDir));
  if (!release) return undefined;
  rmSync(stackFile(stateDir), { force: true });
  return () => {
    rmSync(stackFile(stateDir), { force: true });
    release();
  };
}

/** What the running stack says about itself; undefined if none runs or it is not ready yet. */
export function readStack(stateDir: string): StackInfo | undefined {
  if (stackPid(stateDir) === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(stackFile(stateDir), 'utf8')) as StackInfo;
  } catch {
    return undefined;
  }
}

/** The process that runs the stack of a state folder, if one does. */
export function stackPid(stateDir: string): number | undefined {
  return holderOf(lockFile(stateDir));
}

/** Makes a command that runs in this process use the running stack's database, unless the environment names another. */
export function useStackDatabase(stateDir: string, env: NodeJS.ProcessEnv): void {
  const stack = readStack(stateDir);
  if (stack && !env.DATABASE_URL) env.DATABASE_URL = stack.urls.database;
}

/** Makes a command that runs in this process use the running stack's engine, unless the environment names another. */
export function useStackTemporal(stateDir: string, env: NodeJS.ProcessEnv): void {
  const stack = readStack(stateDir);
  if (stack && !env.TEMPORAL_ADDRESS && !env.TEMPORAL_PROFILE) {
    env.TEMPORAL_ADDRESS = stack.urls.temporalAddress;
  }
}

/** Writes what others may read about the stack, whole or not at all. Only this user may: it has the passwords. */
export function writeStack(stateDir: string, info: StackInfo): void {
  const file = stackFile(stateDir);
  const part = `${file}.${process.pid}`;
  writeFileSync(part, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
  renameSync(part, file);
}
