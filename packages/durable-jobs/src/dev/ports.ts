import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { quoted } from '../values/text.ts';
import { wholeNumber } from '../values/number-text.ts';
import { tryLock } from './lock.mjs';
import { cacheFolder, ensureDir } from './paths.ts';

/** Default ports of the stack's parts, and the variables that change them. All listen on 127.0.0.1. */
export const defaultPorts = {
  API_PORT: 3000,
  WORKER_HEALTH_PORT: 3001,
  API_METRICS_PORT: 3002,
  TEMPORAL_PORT: 7233,
  TEMPORAL_UI_PORT: 8233,
  INBOX_PORT: 1080,
  SMTP_PORT: 1025,
  POSTGRES_PORT: 54_329,
} as const;

/** Free ports are searched below the range that systems use for outgoing connections. */
const FREE_FROM = 20_000;
const FREE_TO = 32_000;

/** A port that no other stack uses until this process ends or releases it. */
export interface ReservedPort {
  port: number;
  release: () => void;
}

/**
 * Returns the port in an environment variable, or `fallback` if the variable is not set.
 * @throws if the value is not a port.
 */
export function preferredPort(variable: string, fallback: number, env: NodeJS.ProcessEnv): number {
  const text = env[variable];
  if (text === undefined || text === '') return fallback;
  const port = wholeNumber(1, 65_535).safeParse(text);
  if (port.success) return port.data;
  throw new Error(`${variable} ${port.error.issues[0]?.message ?? ''}, but is ${quoted(text)}`);
}

/** Reserves the first of the preferred ports that is free, otherwise any free one. */
export async function reservePort(...preferred: number[]): Promise<ReservedPort> {
  // All stacks of a user share the locks, so that two stacks that start at once do not choose the same port.
  const lockFolder = ensureDir(join(cacheFolder(), 'ports'));
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = preferred[attempt] ?? FREE_FROM + Math.floor(Math.random() * (FREE_TO - FREE_FROM));
    const release = tryLock(join(lockFolder, String(port)));
    if (!release) continue;
    if (await isFree(port)) return { port, release };
    release();
  }
  throw new Error(`there is no free port between ${FREE_FROM} and ${FREE_TO}`);
}

/** Whether nothing listens on a port, on loopback or on all addresses. */
async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
    const problem = await new Promise<string | undefined>((resolve) => {
      const server = createServer();
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
    });
    // A machine without IPv6 has no `::`.
    if (problem !== undefined && problem !== 'EAFNOSUPPORT' && problem !== 'EADDRNOTAVAIL') return false;
  }
  return true;
}

const movedPorts = z.record(z.string(), z.int().min(1).max(65_535));

/** The ports of a stack that had to move because others were in use, by variable. They are kept for its next start. */
export interface MovedPorts {
  get: (variable: string) => number | undefined;
  /** Records where a part listens now; undefined if it has not moved. */
  set: (variable: string, port: number | undefined) => void;
}

/** Reads and records the moved ports of a state folder. A file that cannot be read counts as empty. */
export function movedPortsIn(stateDir: string): MovedPorts {
  const file = join(stateDir, 'ports.json');
  let ports: Record<string, number> = {};
  try {
    ports = movedPorts.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // No port has moved.
  }
  return {
    get: (variable) => ports[variable],
    set(variable, port) {
      if (ports[variable] === port) return;
      const others = Object.entries(ports).filter(([name]) => name !== variable);
      ports = Object.fromEntries(port === undefined ? others : [...others, [variable, port]]);
      writeFileSync(file, `${JSON.stringify(ports, null, 2)}\n`);
    },
  };
}
