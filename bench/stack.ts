import { rmSync } from 'node:fs';
import { folder } from './folder.ts';
import { guardFolder, releaseFolder } from '../packages/durable-jobs/src/dev/guard.ts';
import { reservePort } from '../packages/durable-jobs/src/dev/ports.ts';
import type { StackInfo } from '../packages/durable-jobs/src/dev/stack-file.ts';
import type { Stack } from '../packages/durable-jobs/src/dev/stack.ts';
import { createLocalStack, ports } from '../local/stack.ts';
import { createSteps } from '../packages/durable-jobs/src/dev/steps.ts';

/** A whole local stack that nobody else uses. */
export interface BenchStack {
  info: () => StackInfo;
  outage: Stack['outage'];
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
  const stop = async (): Promise<void> => {
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
  return { info: stack.info, outage: stack.outage, stop };
}
