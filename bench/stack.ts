import { readFileSync, rmSync } from 'node:fs';
import { folder } from './folder.ts';
import { guardFolder, releaseFolder } from '../packages/durable-jobs/src/dev/guard.ts';
import { reservePort } from '../packages/durable-jobs/src/dev/ports.ts';
import type { StackInfo } from '../packages/durable-jobs/src/dev/stack-file.ts';
import type { Stack } from '../packages/durable-jobs/src/dev/stack.ts';
import { answersOk } from '../packages/durable-jobs/src/dev/stack-environment.ts';
import type { RunningProcess } from '../packages/durable-jobs/src/dev/supervised-process.ts';
import { startChild } from './child.ts';
import { createLocalStack, ports } from '../local/stack.ts';
import { createSteps } from '../packages/durable-jobs/src/dev/steps.ts';

/** A whole local stack that nobody else uses. */
export interface BenchStack {
  info: () => StackInfo;
  outage: Stack['outage'];
  /** Starts another worker with the environment of the first one, and returns its process id once it is ready. Linux alone. */
  addWorker: () => Promise<number>;
  /** Stops it and removes all that it wrote. */
  stop: () => Promise<void>;
}

/**
 * Starts what `npm start` starts, on free ports and in a folder of its own. `env` is for the API and the worker; `died`
 * is told of a process that ended by itself.
 */
export async function startBenchStack(options: {
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  died: (problem: string) => void;
}): Promise<BenchStack> {
  guardFolder(folder);
  const free: Record<string, string> = {};
  for (const variable of Object.keys(ports)) {
    const { port, release } = await reservePort();
    free[variable] = String(port);
    release();
  }
  const stack = createLocalStack({
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...free, ...options.env },
    steps: createSteps(process.stdout),
    signal: options.signal,
    events: {
      died: ({ problem, tail }) => options.died(`${problem}\n${tail}`),
      restarted: () => undefined,
      gaveUp: ({ problem }) => options.died(problem),
    },
  });
  const added: RunningProcess[] = [];
  const addWorker = async (): Promise<number> => {
    const { port, release } = await reservePort();
    release();
    const worker = await startChild(
      'worker/main.ts',
      {
        name: `worker-${added.length + 2}`,
        env: { ...environmentOf(stack.info().processes.worker ?? 0), WORKER_HEALTH_PORT: String(port) },
        isReady: answersOk(`http://127.0.0.1:${port}/readyz`),
      },
      options.signal,
    );
    added.push(worker);
    return worker.pid;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(added.map((worker) => worker.stop()));
    await stack.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    releaseFolder(folder);
  };
  try {
    await stack.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { info: stack.info, outage: stack.outage, addWorker, stop };
}

/** The environment with which a process was started. */
function environmentOf(pid: number): NodeJS.ProcessEnv {
  const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
  return Object.fromEntries(
    variables.map((variable) => {
      const end = variable.indexOf('=');
      return [variable.slice(0, end), variable.slice(end + 1)];
    }),
  );
}
