import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError, LOCAL_API_KEY } from '../config/config.ts';
import { withPassword } from '../config/url-password.ts';
import { inboxSpec } from './inbox.ts';
import { ensureDir } from './paths.ts';
import { defaultPorts, preferredPort, reservePort } from './ports.ts';
import { preparePostgres } from './postgres.ts';
import {
  isSet,
  namesTemporal,
  reachable,
  withEmbeddedTemporal,
  withFileValues,
} from './stack-environment.ts';
import { logFolder, type StackInfo, type StackUrls } from './stack-file.ts';
import type { Steps } from './steps.ts';
import type { ProcessSpec } from './supervised-process.ts';
import { supervise, type Supervisor, type SupervisorEvents } from './supervisor.ts';
import { resolveTemporalCli, type ResolveCliOptions } from './temporal-cli.ts';
import { namespaceAnswers, temporalServerSpec } from './temporal-server.ts';
import { secondsSince, StoppedError, waitUntil } from './wait.ts';

/** Options of a stack. */
export interface StackOptions {
  /** The environment of the application's processes. Servers that it configures are not started. */
  env: NodeJS.ProcessEnv;
  /** Folder of the persistent state and the logs. */
  stateDir: string;
  steps: Steps;
  /** Aborts the start. */
  signal: AbortSignal;
  events: SupervisorEvents;
  /** Builds the Temporal CLI if it can't be downloaded. */
  buildTemporal?: ResolveCliOptions['build'];
  /** The application's own servers, which are started together with the others. */
  ownParts?: readonly OwnPart[];
  /** Steps between the start of the servers and that of the processes, in order: migrations, schedules. */
  prepare: readonly PrepareStep[];
  api: AppProcess;
  worker: AppProcess;
  /** Whether a process of the application that fails to start waits for a reload instead of ending the stack. */
  reloads?: boolean;
}

/** A server that belongs to the application. */
export interface OwnPart {
  /** Name, also of its log and its process in `stack.json`. */
  name: string;
  port: { variable: string; preferred: number };
  spec: (port: number) => PartSpec;
  /** Variables that the application's processes receive. */
  env: (url: string) => NodeJS.ProcessEnv;
}

/** A preparation step; its return value is printed. */
export interface PrepareStep {
  name: string;
  run: (env: NodeJS.ProcessEnv) => Promise<string>;
}

/** A process of the application. */
export interface AppProcess {
  /** Returns how to run it; `url` is where it listens: the API itself, or the worker's health endpoint. */
  spec: (url: string) => Omit<PartSpec, 'env'>;
}

/** How to run a process of the stack, which gives it its name and its log. */
export type PartSpec = Omit<ProcessSpec, 'name' | 'logFile' | 'stopSignal'>;

/** A local stack: every server that the environment does not configure, the worker and the API. */
export interface Stack {
  start: () => Promise<void>;
  /** Stops all parts in order: a part's users before the part. */
  stop: () => Promise<void>;
  /** Runs the preparation steps again. */
  prepare: () => Promise<void>;
  /** Restarts the application's processes. */
  reload: () => Promise<void>;
  /** Stops a part for `downMs` and starts it again. The other parts keep running as well as they can. */
  outage: (name: string, downMs: number) => Promise<void>;
  info: () => StackInfo;
}

/** Creates a stack. Nothing is started yet. */
export function createStack(options: StackOptions): Stack {
  const { stateDir, steps, ownParts = [] } = options;
  const { env, problems } = withFileValues(options.env);
  // The first failing part aborts the start of the others.
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);
  const parts = new Map<string, Supervisor>();
  const releases: (() => void)[] = [];
  const startedAt = new Date().toISOString();
  const urls: StackUrls = {
    api: '',
    workerHealth: '',
    apiMetrics: '',
    temporalAddress: '',
    temporalUi: '',
    database: '',
    smtp: '',
  };
  const ownUrls: Record<string, string> = {};
  /** A part's users stop before the part. */
  const stopOrder = ['api', 'worker', ...ownParts.map(({ name }) => name), 'inbox', 'temporal', 'postgres'];
  const logFile = (name: string): string => join(logFolder(stateDir), `${name}.log`);
  let apiPort: Promise<number> | undefined;
  let appEnv: NodeJS.ProcessEnv = env;

  const startPart = async (name: string, spec: ProcessSpec, waitsForReload = false): Promise<void> => {
    parts.set(name, await supervise(spec, options.events, { signal, waitsForReload }));
  };
  const port = async (variable: string, standard: number): Promise<number> => {
    const preferred = preferredPort(variable, standard, env);
    const reserved = await reservePort(preferred);
    releases.push(reserved.release);
    if (reserved.port !== preferred) {
      steps.print(`  ! port ${preferred} is in use: ${variable} is ${reserved.port} this time`);
    }
    return reserved.port;
  };
  const standardPort = (variable: keyof typeof defaultPorts): Promise<number> =>
    port(variable, defaultPorts[variable]);

  /** Waits for all, so that no part is left half-started, and then rejects with the first failure. */
  async function allOf(starts: Promise<void>[]): Promise<void> {
    const failures: unknown[] = [];
    for (const start of starts) {
      start.catch((error: unknown) => {
        failures.push(error);
        failing.abort(new StoppedError('another process failed'));
      });
    }
    await Promise.allSettled(starts);
    const [failure] = failures;
    if (failure !== undefined)
      throw failure instanceof Error ? failure : new Error('a process failed', { cause: failure });
    signal.throwIfAborted();
  }

  async function startPostgres(): Promise<void> {
    const external = env.DATABASE_URL;
    if (isSet(external)) {
      urls.database = withPassword(external, env.DATABASE_PASSWORD);
      steps.print('  - PostgreSQL: external (DATABASE_URL)');
      return;
    }
    const postgresPort = await standardPort('POSTGRES_PORT');
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
        return prepared.dir === dir
          ? ''
          : `, data in ${prepared.dir}, because its user cannot access this folder`;
      },
      (detail) => `127.0.0.1:${postgresPort}${detail}`,
    );
  }

  async function startTemporal(): Promise<void> {
    if (namesTemporal(env)) {
      urls.temporalAddress = env.TEMPORAL_ADDRESS ?? '';
      urls.temporalUi = env.TEMPORAL_UI_URL ?? '';
      steps.print(`  - Temporal: external (${urls.temporalAddress || 'its configuration file'})`);
      if (urls.temporalAddress !== '' && !isSet(env.TEMPORAL_API_KEY) && !isSet(env.TEMPORAL_TLS)) {
        await steps.run('Temporal', () => waitForTemporal(urls.temporalAddress, env.TEMPORAL_NAMESPACE));
      }
      return;
    }
    const temporalPort = await standardPort('TEMPORAL_PORT');
    const uiPort = await standardPort('TEMPORAL_UI_PORT');
    urls.temporalAddress = `127.0.0.1:${temporalPort}`;
    urls.temporalUi = `http://127.0.0.1:${uiPort}`;
    await steps.run(
      'Temporal',
      async (report) => {
        const cli = await resolveTemporalCli(report, {
          signal,
          ...(options.buildTemporal && { build: options.buildTemporal }),
        });
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
      what: `Temporal at ${address} does not respond`,
      timeoutMs: 30_000,
      signal,
    });
  }

  async function startInbox(): Promise<void> {
    const external = env.SMTP_URL;
    if (isSet(external)) {
      urls.smtp = withPassword(external, env.SMTP_PASSWORD);
      steps.print('  - mail server: external (SMTP_URL)');
      return;
    }
    const smtpPort = await standardPort('SMTP_PORT');
    const webPort = await standardPort('INBOX_PORT');
    urls.smtp = `smtp://127.0.0.1:${smtpPort}`;
    urls.inbox = `http://127.0.0.1:${webPort}`;
    const mailDir = join(stateDir, 'mails');
    await steps.run(
      'inbox',
      () => startPart('inbox', inboxSpec({ smtpPort, webPort, logFile: logFile('inbox'), mailDir })),
      () => `SMTP 127.0.0.1:${smtpPort}, page ${urls.inbox ?? ''}`,
    );
  }

  async function startOwn({ name, port: { variable, preferred }, spec }: OwnPart): Promise<void> {
    const ownPort = await port(variable, preferred);
    const url = `http://127.0.0.1:${ownPort}`;
    ownUrls[name] = url;
    const label = name.replace('-', ' ');
    await steps.run(
      label,
      () =>
        startPart(name, {
          name: label,
          logFile: logFile(name),
          stopSignal: 'SIGTERM',
          ...spec(ownPort),
        }),
      () => url,
    );
  }

  /** The URL of the API, which is chosen before the API starts because the Web UI needs it. */
  async function apiUrl(): Promise<string> {
    apiPort ??= standardPort('API_PORT');
    return `http://${reachable(env.API_HOST)}:${await apiPort}`;
  }

  /** The queue is in PostgreSQL unless the environment configures a broker, whose URL is not shown because it may contain a password. */
  function noteBroker(): void {
    if (!isSet(env.AMQP_URL)) return;
    urls.broker = withPassword(env.AMQP_URL, env.AMQP_PASSWORD);
    if (isSet(env.AMQP_QUEUE)) urls.brokerQueue = env.AMQP_QUEUE;
    steps.print('  - message broker: external (AMQP_URL)');
  }

  async function makeAppEnv(): Promise<NodeJS.ProcessEnv> {
    urls.api = await apiUrl();
    const healthPort = await standardPort('WORKER_HEALTH_PORT');
    const metricsPort = await standardPort('API_METRICS_PORT');
    urls.apiMetrics = `http://${reachable(env.API_METRICS_HOST)}:${metricsPort}/metrics`;
    urls.workerHealth = `http://${reachable(env.WORKER_HEALTH_HOST)}:${healthPort}`;
    const { port: listenPort } = new URL(urls.api);
    const base = parts.has('temporal')
      ? withEmbeddedTemporal(env, { address: urls.temporalAddress, uiUrl: urls.temporalUi, stateDir })
      : env;
    return {
      ...base,
      ...Object.fromEntries(
        ownParts.flatMap(({ name, env: own }) => Object.entries(own(ownUrls[name] ?? ''))),
      ),
      NODE_ENV: isSet(env.NODE_ENV) ? env.NODE_ENV : 'development',
      DATABASE_URL: urls.database,
      SMTP_URL: urls.smtp,
      // It belongs to a mail server other than the inbox, which has no user.
      ...(parts.has('inbox') && { SMTP_PASSWORD: '' }),
      PORT: listenPort,
      API_PORT: listenPort,
      WORKER_HEALTH_PORT: String(healthPort),
      API_METRICS_PORT: String(metricsPort),
      PUBLIC_URL: isSet(env.PUBLIC_URL) ? env.PUBLIC_URL : urls.api,
    };
  }

  async function prepare(): Promise<void> {
    for (const { name, run } of options.prepare) {
      await steps.run(
        name,
        () => run(appEnv),
        (text) => text,
      );
    }
  }

  async function startProcess(name: 'api' | 'worker', url: string): Promise<void> {
    const label = name === 'api' ? 'API' : name;
    await steps.run(
      label,
      async () => {
        const spec: ProcessSpec = {
          name: label,
          logFile: logFile(name),
          stopSignal: 'SIGTERM',
          env: appEnv,
          ...options[name].spec(url),
        };
        await startPart(name, spec, options.reloads);
      },
      () => (parts.get(name)?.current() ? url : 'waiting for a file change'),
    );
  }

  return {
    prepare,
    async start() {
      if (problems.length > 0) throw new ConfigError(problems);
      ensureDir(logFolder(stateDir));
      noteBroker();
      await allOf([startPostgres(), startTemporal(), startInbox(), ...ownParts.map(startOwn)]);
      appEnv = await makeAppEnv();
      await prepare();
      signal.throwIfAborted();
      await allOf([startProcess('worker', urls.workerHealth), startProcess('api', urls.api)]);
    },

    async stop() {
      for (const name of stopOrder) {
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

    async reload() {
      const processes = ['api', 'worker'].flatMap((name) => parts.get(name) ?? []);
      await Promise.all(processes.map((process) => process.reload()));
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
      ownUrls,
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
