import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { apiKey } from './api-key.ts';
import { startPostgresEngine, type PostgresEngineKind } from './engine.ts';
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

/** The engine: the development server that `npm start` runs, or a server on PostgreSQL with that many history shards, as in production. */
export type EngineKind = 'dev' | PostgresEngineKind;

/** The prebuilt workflow bundle is only used in production, where a secret is required. */
const PRODUCTION = {
  NODE_ENV: 'production',
  APP_SECRET: randomBytes(32).toString('hex'),
};

/** What a stack needs. `env` is for the API and the worker. */
export interface StackNeeds {
  env: NodeJS.ProcessEnv;
}

/** A whole local stack that nobody else uses. */
export interface BenchStack {
  info: () => StackInfo;
  outage: Stack['outage'];
  /** The database of the engine's lists, if the engine is a server on PostgreSQL. */
  visibilityUrl: string | undefined;
  /** Starts another worker with the environment of the first one, and waits until it is ready. Linux alone. */
  addWorker: () => Promise<RunningProcess>;
  /** Stops it and removes all that it wrote. */
  stop: () => Promise<void>;
}

/**
 * Starts what `npm start` starts, on free ports and in a folder of its own. `died` is told of a process that ended by itself. With `built`,
 * API and worker run from the output of `npm run build`, as in production. `engine` is the development server by default.
 */
export async function startBenchStack(
  options: StackNeeds & {
    signal: AbortSignal;
    died: (problem: string) => void;
    engine?: EngineKind;
    built?: boolean;
  },
): Promise<BenchStack> {
  const { built = false, signal } = options;
  guardFolder(folder);
  const engine =
    options.engine === undefined || options.engine === 'dev'
      ? undefined
      : await startPostgresEngine(options.engine, signal);
  const free: Record<string, string> = {};
  for (const variable of Object.keys(ports)) {
    const { port, release } = await reservePort();
    free[variable] = String(port);
    release();
  }
  const stack = createLocalStack({
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...free,
      API_KEY: apiKey,
      ...(engine && { TEMPORAL_ADDRESS: engine.address }),
      ...(built && PRODUCTION),
      ...options.env,
    },
    built,
    steps: createSteps(process.stdout),
    signal,
    events: {
      died: ({ problem, tail }) => options.died(`${problem}\n${tail}`),
      restarted: () => undefined,
      gaveUp: ({ problem }) => options.died(problem),
    },
  });
  const added: RunningProcess[] = [];
  const addWorker = async (): Promise<RunningProcess> => {
    const { port, release } = await reservePort();
    release();
    const worker = await startChild(
      built ? 'dist/worker/main.js' : 'worker/main.ts',
      {
        name: `worker-${added.length + 2}`,
        env: { ...environmentOf(stack.info().processes.worker ?? 0), WORKER_HEALTH_PORT: String(port) },
        isReady: answersOk(`http://127.0.0.1:${port}/readyz`),
      },
      signal,
    );
    added.push(worker);
    return worker;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(added.map((worker) => worker.stop()));
    await stack.stop();
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    releaseFolder(folder);
  };
  try {
    await stack.start();
  } catch (error) {
    await stop();
    throw error;
  }
  const info = (): StackInfo => {
    const running = stack.info();
    return engine ? { ...running, processes: { ...running.processes, ...engine.processes } } : running;
  };
  return { info, outage: stack.outage, visibilityUrl: engine?.visibilityUrl, addWorker, stop };
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
