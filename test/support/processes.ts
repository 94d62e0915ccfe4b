import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { startProcess, type RunningProcess } from '../../packages/durable-jobs/src/dev/supervised-process.ts';
import { compiled } from './compiled.ts';
import { appSecret, type Service } from './service.ts';

/** A process of the service, as it runs in production, that a test can kill. */
export interface ServiceProcess {
  url: string;
  /** The address of its metrics. */
  metricsUrl: string;
  /** Its output: its log. */
  output: () => Promise<string>;
  /** Ends it immediately, like a power cut: it cannot run anything else. */
  kill: () => Promise<void>;
  /** Asks it to stop, and resolves with its exit code. */
  stop: () => Promise<number | null>;
}

/** Starts a worker with the service's database, engine, mail and payments. Resolves when it is ready. */
export function startWorker(service: Service, env: NodeJS.ProcessEnv = {}): Promise<ServiceProcess> {
  return start(service, 'worker', 'WORKER_HEALTH_PORT', '/readyz', env);
}

/** Starts an API. Resolves when it responds, whether or not its engine does. */
export function startApi(service: Service, env: NodeJS.ProcessEnv = {}): Promise<ServiceProcess> {
  return start(service, 'api', 'API_PORT', '/healthz', env);
}

async function start(
  service: Service,
  role: 'api' | 'worker',
  portVariable: string,
  readyPath: string,
  env: NodeJS.ProcessEnv,
): Promise<ServiceProcess> {
  const { port, release } = await reservePort();
  const metrics = await reservePort();
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(tmpdir(), `durable-jobs-${role}-${port}.log`);
  const running: RunningProcess = await startProcess({
    name: role,
    command: process.execPath,
    args: compiled(`${role}/main.ts`),
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'test',
      DATABASE_URL: service.databaseUrl,
      TEMPORAL_ADDRESS: service.temporalAddress,
      TEMPORAL_NAMESPACE: service.namespace,
      APP_SECRET: appSecret,
      SMTP_URL: service.mail.url,
      STRIPE_API_KEY: 'sk_test_sandbox',
      STRIPE_API_URL: service.sandboxUrl,
      API_METRICS_PORT: String(metrics.port),
      [portVariable]: String(port),
      ...env,
    },
    channel: true,
    logFile,
    isReady: async (signal) => (await fetch(url + readyPath, { signal })).ok,
    readyTimeoutMs: 120_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 90_000,
  });
  void running.exited.then(() => {
    release();
    metrics.release();
  });
  return {
    url,
    metricsUrl: role === 'api' ? `http://127.0.0.1:${metrics.port}/metrics` : `${url}/metrics`,
    output: () => readFile(logFile, 'utf8'),
    kill: async () => {
      process.kill(running.pid, 'SIGKILL');
      await running.exited;
    },
    stop: async () => (await running.stop()).code,
  };
}
