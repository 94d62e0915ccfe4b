import { join } from 'node:path';
import { connect } from 'node:net';
import { findOnPath } from '../packages/durable-jobs/src/dev/executables.ts';
import { ensureDir } from '../packages/durable-jobs/src/dev/paths.ts';
import { reservePort } from '../packages/durable-jobs/src/dev/ports.ts';
import { startProcess, type RunningProcess } from '../packages/durable-jobs/src/dev/supervised-process.ts';
import { folder } from './folder.ts';

/**
 * Starts a Redis that writes each command to the disk before it responds, as PostgreSQL does with each commit. Returns undefined if Redis is
 * not installed.
 */
export async function startRedis(
  signal: AbortSignal,
): Promise<(RunningProcess & { port: number }) | undefined> {
  const command = findOnPath('redis-server');
  if (command === undefined) return undefined;
  const { port, release } = await reservePort();
  release();
  const running = await startProcess(
    {
      name: 'Redis',
      command,
      args: [
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', ensureDir(join(folder, 'redis'))],
        ...['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''],
      ],
      env: { PATH: process.env.PATH },
      logFile: join(folder, 'redis.log'),
      isReady: () => accepts(port),
      readyTimeoutMs: 30_000,
      stopSignal: 'SIGTERM',
      stopGraceMs: 10_000,
    },
    signal,
  );
  return { ...running, port };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
