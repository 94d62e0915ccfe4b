import { createServer } from 'node:net';
import { join } from 'node:path';
import { quoted } from '../values/text.ts';
import { wholeNumber } from '../values/number-text.ts';
import { tryLock } from './lock.mjs';
import { cacheDir, ensureDir } from './paths.ts';

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

/** All stacks of a user share the locks, so that two stacks that start at once do not choose the same port. */
const lockFolder = join(cacheDir, 'ports');

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

/** Reserves a port: the preferred one if it is free, otherwise any free one. */
export async function reservePort(preferred?: number): Promise<ReservedPort> {
  ensureDir(lockFolder);
  for (let attempt = 0; attempt < 200; attempt++) {
    const port =
      attempt === 0 && preferred !== undefined
        ? preferred
        : FREE_FROM + Math.floor(Math.random() * (FREE_TO - FREE_FROM));
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
