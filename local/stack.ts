import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LOCAL_API_KEY, loadSchedulesConfig } from '../packages/durable-jobs/src/config/config.ts';
import { migrateToLatest } from '../domain/database/migrate.ts';
import { clientEncryption } from '../packages/durable-jobs/src/encryption/payload-encryption.ts';
import { createLogger } from '../packages/durable-jobs/src/telemetry/logger.ts';
import { createTemporalClient } from '../packages/durable-jobs/src/engine/client.ts';
import { withPassword } from '../packages/durable-jobs/src/config/url-password.ts';
import { loadDefinitions } from '../schedules/definitions.ts';
import { summarisePlan } from '../packages/durable-jobs/src/schedules/print-plan.ts';
import { applyChanges, planSchedules } from '../packages/durable-jobs/src/schedules/reconcile.ts';
import { withoutTurns } from '../packages/durable-jobs/src/schedules/turn.ts';
import { inboxSpec } from '../packages/durable-jobs/src/dev/inbox.ts';
import { sourceFlag, typescriptFlags } from './node-flags.mjs';
import { ensureDir } from '../packages/durable-jobs/src/dev/paths.ts';
import { buildTemporal } from './build-temporal.ts';
import { projectRoot, stateDir } from './paths.ts';
import { defaultPorts, preferredPort, reservePort } from '../packages/durable-jobs/src/dev/ports.ts';
import { preparePostgres } from '../packages/durable-jobs/src/dev/postgres.ts';
import { logFolder, type StackInfo } from '../packages/durable-jobs/src/dev/stack-file.ts';
import type { Steps } from '../packages/durable-jobs/src/dev/steps.ts';
import {
  supervise,
  type ProcessSpec,
  type Supervisor,
  type SupervisorEvents,
} from '../packages/durable-jobs/src/dev/supervised-process.ts';
import { resolveTemporalCli } from '../packages/durable-jobs/src/dev/temporal-cli.ts';
import { namespaceAnswers, temporalServerSpec } from '../packages/durable-jobs/src/dev/temporal-server.ts';
import { secondsSince, StoppedError, waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';

/** What a stack is started with. */
export interface StackOptions {
  env: NodeJS.ProcessEnv;
  /** Reloads the worker and the API when their sources change. */
  watch: boolean;
  steps: Steps;
  /** Gives up a start that is under way. */
  signal: AbortSignal;
  events: SupervisorEvents;
}

/** The local stack: every part that the environment does not name a server for, and the worker and the API. */
export interface Stack {
  start: () => Promise<void>;
  /** Stops what was started, in order: those that use a part before the part. */
  stop: () => Promise<void>;
  /** Stops a part, keeps it away for so long, and starts it again. The others go on meanwhile, as well as they can. */
  outage: (name: PartName, downMs: number) => Promise<void>;
  info: () => StackInfo;
}

/** Also the order in which they stop. */
const partNames = ['api', 'worker', 'payment-sandbox', 'inbox', 'temporal', 'postgres'] as const;
/** A part of the stack that runs as a process of its own. */
export type PartName = (typeof partNames)[number];

/** Where each part listens, and the variable that moves it. All on 127.0.0.1. */
export const ports = { ...defaultPorts, PAYMENT_SANDBOX_PORT: 12_111 } as const;

/** The worker bundles its workflows by path, which tsx does not see as imports. */
const WATCHED_BY_WORKER = ['--include', './{workflows,contracts,packages/durable-jobs/src}/**/*.ts'];

/** A machine that is busy, or that reads everything from a cold disk, is given time; progress is shown all along. */
const READY_MS = 120_000;

/** Makes a stack; nothing is started yet. */
export function createStack(options: StackOptions): Stack {
  const { env, steps } = options;
  // The first part that fails gives up the start of the others.
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);
  const parts = new Map<PartName, Supervisor>();
  const releases: (() => void)[] = [];
  const startedAt = new Date().toISOString();
  const urls: StackInfo['urls'] = {
    api: '',
    workerHealth: '',
    apiMetrics: '',
    temporalAddress: '',
    temporalUi: '',
    database: '',
    smtp: '',
  };

  let apiPort: Promise<number> | undefined;

  const startPart = async (name: PartName, spec: ProcessSpec): Promise<void> => {
    parts.set(name, await supervise(spec, options.events, { signal }));
  };
  const port = async (variable: keyof typeof ports): Promise<number> => {
    const preferred = preferredPort(variable, ports[variable], env);
    const reserved = await reservePort(preferred);
    releases.push(reserved.release);
    if (reserved.port !== preferred) {
      steps.print(`  ! port ${preferred} is taken: ${variable} is ${reserved.port} this time`);
    }
    return reserved.port;
  };

  /** Waits for all, so that none that is on its way up is left behind, and then fails with what failed first. */
  async function allOf(starts: Promise<void>[]): Promise<void> {
    const failures: unknown[] = [];
    for (const start of starts) {
      start.catch((error: unknown) => {
        failures.push(error);
        failing.abort(new StoppedError('another part failed'));
      });
    }
    await Promise.allSettled(starts);
    const [failure] = failures;
    if (failure !== undefined)
      throw failure instanceof Error ? failure : new Error('a part failed', { cause: failure });
    signal.throwIfAborted();
  }

  async function startPostgres(): Promise<void> {
    const external = env.DATABASE_URL;
    if (isSet(external)) {
      urls.database = withPassword(external, env.DATABASE_PASSWORD);
      steps.print('  - PostgreSQL is yours (DATABASE_URL)');
      return;
    }
    const postgresPort = await port('POSTGRES_PORT');
    await steps.run(
      'PostgreSQL',
      async (report) => {
        const dir = join(stateDir, 'postgres');
        const prepared = await preparePostgres({
          dir,
          port: postgresPort,
          logFile: logFile('postgres'),
          database: 'durable_jobs',
          durable: true,
        });
        report('starting');
        await startPart('postgres', prepared.spec);
        urls.database = prepared.url;
        return prepared.dir === dir ? '' : `, data in ${prepared.dir}, as its user can not reach this folder`;
      },
      (detail) => `127.0.0.1:${postgresPort}${detail}`,
    );
  }

  async function startTemporal(): Promise<void> {
    if (hasTemporal(env)) {
      urls.temporalAddress = env.TEMPORAL_ADDRESS ?? '';
      urls.temporalUi = env.TEMPORAL_UI_URL ?? '';
      steps.print(`  - Temporal is yours (${urls.temporalAddress || 'its configuration file'})`);
      if (urls.temporalAddress !== '' && !isSet(env.TEMPORAL_API_KEY) && !isSet(env.TEMPORAL_TLS)) {
        await steps.run('Temporal', () => waitForTemporal(urls.temporalAddress, env.TEMPORAL_NAMESPACE));
      }
      return;
    }
    const temporalPort = await port('TEMPORAL_PORT');
    const uiPort = await port('TEMPORAL_UI_PORT');
    urls.temporalAddress = `127.0.0.1:${temporalPort}`;
    urls.temporalUi = `http://127.0.0.1:${uiPort}`;
    await steps.run(
      'Temporal',
      async (report) => {
        const cli = await resolveTemporalCli(report, { signal, build: buildTemporal });
        report('starting');
        await startPart(
          'temporal',
          temporalServerSpec({
            executable: cli.path,
            port: temporalPort,
            uiPort,
            logFile: logFile('temporal'),
            ...(isSet(env.PAYLOAD_KEYS) && { codecEndpoint: `${await apiUrl()}/codec` }),
            dbFile: join(ensureDir(join(stateDir, 'temporal')), 'temporal.sqlite'),
          }),
        );
        return cli.source;
      },
      (source) => `${urls.temporalAddress}, Web UI ${urls.temporalUi} (CLI from ${source})`,
    );
  }

  async function waitForTemporal(address: string, namespace: string | undefined): Promise<void> {
    await waitUntil(() => namespaceAnswers(address, namespace), {
      what: `Temporal at ${address} does not answer`,
      timeoutMs: 30_000,
      signal,
    });
  }

  async function startInbox(): Promise<void> {
    const external = env.SMTP_URL;
    if (isSet(external)) {
      urls.smtp = withPassword(external, env.SMTP_PASSWORD);
      steps.print('  - the mail server is yours (SMTP_URL)');
      return;
    }
    const smtpPort = await port('SMTP_PORT');
    const webPort = await port('INBOX_PORT');
    urls.smtp = `smtp://127.0.0.1:${smtpPort}`;
    urls.inbox = `http://127.0.0.1:${webPort}`;
    await steps.run(
      'inbox',
      () =>
        startPart(
          'inbox',
          inboxSpec({ smtpPort, webPort, logFile: logFile('inbox'), mailDir: join(stateDir, 'mails') }),
        ),
      () => `SMTP 127.0.0.1:${smtpPort}, page ${urls.inbox ?? ''}`,
    );
  }

  async function startSandbox(): Promise<void> {
    if (isSet(env.STRIPE_API_KEY)) {
      steps.print('  - the payment provider is yours (STRIPE_API_KEY)');
      return;
    }
    const sandboxPort = await port('PAYMENT_SANDBOX_PORT');
    const url = `http://127.0.0.1:${sandboxPort}`;
    urls.paymentSandbox = url;
    await steps.run(
      'payment sandbox',
      () =>
        startPart('payment-sandbox', {
          ...nodeProcess('payment-sandbox', 'tools/payment-sandbox/main.ts', false),
          env: {
            ...env,
            PAYMENT_SANDBOX_PORT: String(sandboxPort),
            PAYMENT_SANDBOX_STATE: join(stateDir, 'payment-sandbox.jsonl'),
          },
          isReady: answersOk(`${url}/healthz`),
          stopGraceMs: 10_000,
        }),
      () => url,
    );
  }

  /** Where the API will be: known before it is started, as the Web UI is told. */
  async function apiUrl(): Promise<string> {
    apiPort ??= port('API_PORT');
    return `http://${reachable(isSet(env.API_HOST) ? env.API_HOST : '127.0.0.1')}:${await apiPort}`;
  }

  /** The queue is in PostgreSQL unless the environment names a broker; its address, which may hold a password, is not shown. */
  function noteBroker(): void {
    if (!isSet(env.AMQP_URL)) return;
    urls.broker = withPassword(env.AMQP_URL, env.AMQP_PASSWORD);
    if (isSet(env.AMQP_QUEUE)) urls.brokerQueue = env.AMQP_QUEUE;
    steps.print('  - the message broker is yours (AMQP_URL)');
  }

  async function startWorkerAndApi(): Promise<void> {
    urls.api = await apiUrl();
    const healthPort = await port('WORKER_HEALTH_PORT');
    const metricsPort = await port('API_METRICS_PORT');
    urls.apiMetrics = `http://${reachable(env.API_METRICS_HOST ?? '127.0.0.1')}:${metricsPort}/metrics`;
    urls.workerHealth = `http://${reachable(env.WORKER_HEALTH_HOST ?? '127.0.0.1')}:${healthPort}`;
    const given: NodeJS.ProcessEnv = {
      ...(urls.paymentSandbox !== undefined && {
        STRIPE_API_KEY: 'sk_test_sandbox',
        STRIPE_API_URL: urls.paymentSandbox,
      }),
      ...(parts.has('temporal') && embeddedTemporal(urls)),
      NODE_ENV: isSet(env.NODE_ENV) ? env.NODE_ENV : 'development',
      DATABASE_URL: urls.database,
      SMTP_URL: urls.smtp,
      // It is that of another mail server than the inbox, which has no user.
      ...(parts.has('inbox') && { SMTP_PASSWORD: '' }),
      API_PORT: new URL(urls.api).port,
      WORKER_HEALTH_PORT: String(healthPort),
      API_METRICS_PORT: String(metricsPort),
      PUBLIC_URL: isSet(env.PUBLIC_URL) ? env.PUBLIC_URL : urls.api,
    };
    const base = parts.has('temporal') ? withoutTemporal(env) : env;
    const start = (name: 'worker' | 'api', readyUrl: string, stopGraceMs: number): Promise<void> =>
      steps.run(
        name === 'api' ? 'API' : name,
        () =>
          startPart(name, {
            ...nodeProcess(name, `${name}/main.ts`, options.watch),
            env: { ...base, ...given },
            isReady: answersOk(`${readyUrl}/readyz`),
            stopGraceMs,
          }),
        () => readyUrl,
      );
    // A worker gets the time that its activities are given to finish, and some more.
    await allOf([start('worker', urls.workerHealth, 30_000), start('api', urls.api, 15_000)]);
  }

  return {
    async start() {
      ensureDir(logFolder(stateDir));
      noteBroker();
      await allOf([startPostgres(), startTemporal(), startInbox(), startSandbox()]);
      await steps.run(
        'migrations',
        () => migrateToLatest(urls.database),
        (names) => (names.length === 0 ? 'none to apply' : names.join(', ')),
      );
      await steps.run(
        'schedules',
        () =>
          applySchedules(
            parts.has('temporal') ? { ...withoutTemporal(env), ...embeddedTemporal(urls) } : env,
          ),
        (changed) => (changed.length === 0 ? 'as declared' : changed.join(', ')),
      );
      signal.throwIfAborted();
      await startWorkerAndApi();
    },

    async stop() {
      for (const name of partNames) {
        const part = parts.get(name);
        if (!part) continue;
        const start = performance.now();
        const exit = await part.stop();
        parts.delete(name);
        // It was down.
        if (!exit) continue;
        const killed = exit.signal === 'SIGKILL' ? `, killed after ${part.spec.stopGraceMs / 1000} s` : '';
        steps.print(`  - ${part.spec.name} stopped (${secondsSince(start)}${killed})`);
      }
      for (const release of releases) release();
    },

    async outage(name, downMs) {
      const part = parts.get(name);
      if (!part) throw new Error(`the stack has no ${name} of its own`);
      await part.stop();
      await delay(downMs, undefined, { signal });
      await startPart(name, part.spec);
    },

    info: () => ({
      pid: process.pid,
      startedAt,
      urls,
      apiKey: isSet(env.API_KEY) ? env.API_KEY : LOCAL_API_KEY,
      processes: Object.fromEntries(
        [...parts].flatMap(([name, part]) => {
          const pid = part.current()?.pid;
          return pid === undefined ? [] : [[name, pid]];
        }),
      ),
    }),
  };
}

/** Makes the server's schedules the declared ones. Returns which were not, and which are paused. */
async function applySchedules(env: NodeJS.ProcessEnv): Promise<string[]> {
  const config = loadSchedulesConfig(env);
  const logger = createLogger('schedules', 'silent');
  const temporal = createTemporalClient(
    config.temporal,
    `start:${process.pid}`,
    clientEncryption(config, undefined),
  );
  try {
    const changes = await planSchedules(temporal.client, logger, loadDefinitions(config.TIME_ZONE));
    // Neither the API nor a worker runs yet.
    await applyChanges(temporal.client, logger, changes, withoutTurns);
    return summarisePlan(changes);
  } finally {
    await temporal.close();
  }
}

/** Whether the environment names a Temporal server: an address, or a profile of the standard configuration file. */
function hasTemporal(env: NodeJS.ProcessEnv): boolean {
  return isSet(env.TEMPORAL_ADDRESS) || isSet(env.TEMPORAL_PROFILE) || isSet(env.TEMPORAL_CONFIG_FILE);
}

function withoutTemporal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

/** An empty configuration file keeps out the user's own, whose default profile may be for a cluster with TLS. */
function embeddedTemporal(urls: StackInfo['urls']): NodeJS.ProcessEnv {
  const configFile = join(stateDir, 'temporal', 'no-profiles.toml');
  writeFileSync(configFile, '[profile.default]\n');
  return {
    TEMPORAL_ADDRESS: urls.temporalAddress,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_UI_URL: urls.temporalUi,
    TEMPORAL_CONFIG_FILE: configFile,
  };
}

/** A Node process of this project. */
function nodeProcess(
  name: PartName,
  entry: string,
  watch: boolean,
): Omit<ProcessSpec, 'env' | 'isReady' | 'stopGraceMs'> {
  const tsx = join(projectRoot, 'node_modules', 'tsx', 'dist', 'cli.mjs');
  return {
    name: name === 'api' ? 'API' : name.replace('-', ' '),
    command: process.execPath,
    args: watch
      ? [
          tsx,
          'watch',
          '--clear-screen=false',
          sourceFlag,
          ...(name === 'worker' ? WATCHED_BY_WORKER : []),
          entry,
        ]
      : [...typescriptFlags, entry],
    cwd: projectRoot,
    // tsx is no end of a channel.
    channel: !watch,
    logFile: logFile(name),
    readyTimeoutMs: READY_MS,
    stopSignal: 'SIGTERM',
  };
}

function logFile(name: PartName): string {
  return join(logFolder(stateDir), `${name}.log`);
}

function answersOk(url: string): (signal: AbortSignal) => Promise<boolean> {
  return async (signal) => {
    const response = await fetch(url, { signal });
    if (response.ok) {
      await response.body?.cancel();
      return true;
    }
    throw new Error(`${url} answers ${response.status}: ${(await response.text()).slice(0, 500)}`);
  };
}

/** An address to connect to, for an address to listen on. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
