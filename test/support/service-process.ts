import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sourceFlag } from '../../local/node-flags.mjs';
import { reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { startProcess, type ProcessSpec } from '../../packages/durable-jobs/src/dev/supervised-process.ts';

/** A process of the service, as it runs in production, that a test can kill. */
export interface ServiceProcess {
  url: string;
  /** The address of its metrics. */
  metricsUrl: string;
  pid: number;
  /** Resolves when it has ended, for any reason. */
  ended: Promise<unknown>;
  /** Its output: its log. */
  output: () => Promise<string>;
  /** Ends it immediately, like a power cut: it cannot run anything else. */
  kill: () => Promise<void>;
  /** Asks it to stop, and resolves with its exit code. */
  stop: () => Promise<number | null>;
}

/** How to run a process of the service. */
export interface ServiceProcessOptions {
  role: 'api' | 'worker';
  /** The folder of the compiled sources, see build-sources.ts. */
  sources: string;
  /** The arguments of Node.js, if it is not the service's own process of this role. */
  args?: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Its port, which the caller has reserved; a free one by default. */
  port?: number;
  /** The folder of its log; by default, that of temporary files. */
  logFolder?: string;
}

/** The path that responds with success when the process is ready: the API's is that, whether or not its engine responds. */
const readyPaths = { api: '/healthz', worker: '/readyz' } as const;
const portVariables = { api: 'API_PORT', worker: 'WORKER_HEALTH_PORT' } as const;

/** Starts a process of the service. Resolves when it is ready. */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const { role, sources, env } = options;
  const own = options.port === undefined ? await reservePort() : undefined;
  const metrics = await reservePort();
  const port = options.port ?? own?.port ?? 0;
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(options.logFolder ?? tmpdir(), `durable-jobs-${role}-${port}.log`);
  const spec: ProcessSpec = {
    name: role,
    command: process.execPath,
    args: options.args ? [...options.args] : [sourceFlag, join(sources, role, 'main.js')],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'test',
      API_METRICS_PORT: String(metrics.port),
      [portVariables[role]]: String(port),
      ...env,
    },
    channel: true,
    logFile,
    isReady: async (signal) => (await fetch(url + readyPaths[role], { signal })).ok,
    readyTimeoutMs: 120_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 90_000,
  };
  const release = (): void => {
    own?.release();
    metrics.release();
  };
  const running = await startProcess(spec).catch((error: unknown) => {
    release();
    throw error;
  });
  void running.exited.then(release);
  return {
    url,
    metricsUrl: role === 'api' ? `http://127.0.0.1:${metrics.port}/metrics` : `${url}/metrics`,
    pid: running.pid,
    ended: running.exited,
    output: () => readFile(logFile, 'utf8'),
    kill: async () => {
      process.kill(running.pid, 'SIGKILL');
      await running.exited;
    },
    stop: async () => (await running.stop()).code,
  };
}
