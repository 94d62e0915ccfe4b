import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { holderOf, tryLock } from './lock.mjs';
import { ensureDir, stateDir } from './paths.ts';

/** What the running stack says about itself in `.state/stack.json`. */
export interface StackInfo {
  pid: number;
  startedAt: string;
  /** As the worker and the API are given them, and where to look. */
  urls: {
    api: string;
    workerHealth: string;
    apiMetrics: string;
    temporalAddress: string;
    temporalUi: string;
    database: string;
    inbox?: string;
    smtp: string;
    paymentSandbox?: string;
    /** Of the message broker, where it is not the database; and its address of the queue of orders. */
    broker?: string;
    brokerQueue?: string;
  };
  apiKey: string;
  /** Process ids by name; absent while a process is down. */
  processes: Record<string, number>;
}

const stackFile = join(stateDir, 'stack.json');
const lockFile = join(stateDir, 'stack.lock');

/** Takes this clone's stack for this process; undefined where another process runs it. */
export function claimStack(): (() => void) | undefined {
  ensureDir(stateDir);
  const release = tryLock(lockFile);
  if (!release) return undefined;
  rmSync(stackFile, { force: true });
  return () => {
    rmSync(stackFile, { force: true });
    release();
  };
}

/** What the running stack says about itself; undefined where none runs or it is not ready yet. */
export function readStack(): StackInfo | undefined {
  if (holderOf(lockFile) === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(stackFile, 'utf8')) as StackInfo;
  } catch {
    return undefined;
  }
}

/** The process that runs this clone's stack, if one does. */
export const stackPid = (): number | undefined => holderOf(lockFile);

/** Makes a command that is run in this process work on the running stack's database, unless the environment names another. */
export function useStackDatabase(): void {
  const stack = readStack();
  if (stack && !process.env.DATABASE_URL) process.env.DATABASE_URL = stack.urls.database;
}

/** Makes a command that is run in this process use the running stack's engine, unless the environment names another. */
export function useStackTemporal(): void {
  const stack = readStack();
  if (stack && !process.env.TEMPORAL_ADDRESS && !process.env.TEMPORAL_PROFILE) {
    process.env.TEMPORAL_ADDRESS = stack.urls.temporalAddress;
  }
}

/** Writes what others may read about the stack, whole or not at all. Only this user may: it has the passwords. */
export function writeStack(info: StackInfo): void {
  const part = `${stackFile}.${process.pid}`;
  writeFileSync(part, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
  renameSync(part, stackFile);
}
