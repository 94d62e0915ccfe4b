import { join } from 'node:path';
import { folder } from './folder.ts';
import { nodeProcess } from '../local/node-process.ts';
import {
  startProcess,
  type ProcessSpec,
  type RunningProcess,
} from '../packages/durable-jobs/src/dev/supervised-process.ts';

/**
 * Starts a file of this project in a process of its own, and waits until it is ready.
 * @throws {ProcessFailedError} if it ends before that, or is not ready in time.
 */
export async function startChild(
  entry: string,
  { args = [], ...options }: Pick<ProcessSpec, 'name' | 'env' | 'isReady'> & { args?: readonly string[] },
  signal: AbortSignal,
): Promise<RunningProcess> {
  const { command, args: flags, cwd, readyTimeoutMs } = nodeProcess(entry);
  return startProcess(
    {
      ...options,
      command,
      args: [...flags, ...args],
      cwd,
      readyTimeoutMs,
      logFile: join(folder, `${options.name}.log`),
      stopSignal: 'SIGTERM',
      stopGraceMs: 30_000,
    },
    signal,
  );
}
