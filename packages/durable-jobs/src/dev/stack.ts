import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError, LOCAL_API_KEY } from '../config/config.ts';
import { FILE_SUFFIX } from '../config/variable-files.ts';
import { withPassword } from '../config/url-password.ts';
import { tlsOf, tlsVariablesOf, tlsWithoutUrl } from '../config/tls.ts';
import { errorMessage } from '../process/errors.ts';
import { parseDuration } from '../values/duration.ts';
import { inboxSpec } from './inbox.ts';
import { ensureDir } from './paths.ts';
import { describeLostKeys, findLostKeys } from './lost-keys.ts';
import { withPatience } from './patience.ts';
import { defaultPorts, movedPortsIn, preferredPort, reservePort } from './ports.ts';
import { preparePostgres } from './postgres.ts';
import {
  givenBy,
  isSet,
  namesTemporal,
  reachable,
  withEmbeddedTemporal,
  withFileValues,
} from './stack-environment.ts';
import { logFolder, noUrls, type StackInfo, type StackUrls } from './stack-file.ts';
import type { Steps } from './steps.ts';
import type { ProcessSpec } from './supervised-process.ts';
import { supervise, type Supervisor, type SupervisorEvents } from './supervisor.ts';
import { resolveTemporalCli, type ResolveCliOptions } from './temporal-cli.ts';
import { namespaceAnswers, temporalServerSpec } from './temporal-server.ts';
import { sayingIfSlow } from './slow-start.ts';
import { secondsSince, StoppedError } from './wait.ts';
import { answersQueries } from './with-database.ts';

/** Options of a stack. */
export interface StackOptions {
  /** The environment of the application's processes. Servers that it configures are not started. */
  env: NodeJS.ProcessEnv;
  /** The names of those variables of `env` that the application's `.env` has set. */
  fromEnvFile?: readonly string[];
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
  /**
   * Reads the configuration of the application's processes from the environment that they will get, before anything starts.
   * @throws {ConfigError} if it is not valid.
   */
  checkConfig?: (env: NodeJS.ProcessEnv) => void;
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
  /** It is repeated while the engine or the database is unavailable or too slow, and ends when the signal aborts. */
  run: (env: NodeJS.ProcessEnv, signal: AbortSignal) => Promise<string>;
}

/** A process of the application. */
export interface AppProcess {
  /** Returns how to run it; `url` is where it listens: the API itself, or the worker's health endpoint. */
  spec: (url: string) => Omit<PartSpec, 'env' | 'stopGraceMs'>;
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
  /** Names the processes of the application that do not run. */
  down: () => string[];
}

/** Time that the application's processes have to finish what is in progress, unless the environment says otherwise. */
const STOP_GRACE = '500ms';

/** The variables with the time that requests and activities in progress get, and how long closing takes after that at most. */
const stopTimes = {
  api: { variable: 'API_SHUTDOWN_GRACE', closingMs: 15_000 },
  // The worker itself gives them up 5 s after their time.
  worker: { variable: 'WORKER_SHUTDOWN_GRACE', closingMs: 30_000 },
} as const;

/** Returns the time after which a process of the application that does not stop is killed. */
export function stopGraceMs(name: 'api' | 'worker', env: NodeJS.ProcessEnv): number {
  const { variable, closingMs } = stopTimes[name];
  return (parseDuration(env[variable] ?? '') ?? parseDuration(STOP_GRACE) ?? 0) + closingMs;
}

/** Time after which a check that prints nothing else says what it waits for. */
const SAY_AFTER_MS = 2_000;

/** Creates a stack. Nothing is started yet. */
export function createStack(options: StackOptions): Stack {
  const { stateDir, steps, ownParts = [] } = options;
  const { env, problems } = withFileValues(options.env);
  const given = (variable: string): string => givenBy(options.env, variable);
  // The first failing part aborts the start of the others.
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);
  // Every call to the engine and every attempt listens while it lasts.
  setMaxListeners(0, signal);
  const parts = new Map<string, Supervisor>();
  const releases: (() => void)[] = [];
  const startedAt = new Date().toISOString();
  const urls: StackUrls = { ...noUrls };
  const ownUrls: Record<string, string> = {};
  /** A part's users stop before the part; the parts of a group stop together. */
  const stopOrder = [
    ['api', 'worker'],
    [...ownParts.map(({ name }) => name), 'inbox', 'temporal', 'postgres'],
  ];
  const moved = movedPortsIn(stateDir);
  const logFile = (name: string): string => join(logFolder(stateDir), `${name}.log`);
  let postgresDir = join(stateDir, 'postgres');
  let apiPort: Promise<number> | undefined;
  let appEnv: NodeJS.ProcessEnv = env;

  const startPart = async (name: string, spec: ProcessSpec, waitsForReload = false): Promise<void> => {
    parts.set(name, await supervise(spec, options.events, { signal, waitsForReload }));
  };
  const port = async (variable: string, standard: number): Promise<number> => {
    const preferred = preferredPort(variable, standard, env);
    const before = moved.get(variable);
    // A port that had to move stays, so that bookmarks and commands remain valid. What the environment names comes first.
    const candidates = isSet(env[variable]) ? [preferred, before] : [before, preferred];
    const reserved = await reservePort(...candidates.filter((candidate) => candidate !== undefined));
    releases.push(reserved.release);
    const hasMoved = reserved.port !== preferred;
    moved.set(variable, hasMoved ? reserved.port : undefined);
    if (hasMoved) {
      const why = reserved.port === before ? `was in use when this stack first started` : 'is in use';
      steps.print(`  ! port ${preferred} ${why}: ${variable} is ${reserved.port}, also next time`);
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
      steps.print(`  - PostgreSQL: external (${given('DATABASE_URL')})`);
      await steps.run('PostgreSQL', (report) =>
        withPatience(() => answersQueries({ url: urls.database, tls: tlsOf('DATABASE', env) }), {
          what: `The database at ${new URL(urls.database).host}`,
          variable: 'DATABASE_URL',
          address: new URL(urls.database),
          report,
          signal,
        }),
      );
      return;
    }
    const postgresPort = await standardPort('POSTGRES_PORT');
    await steps.run(
      'PostgreSQL',
      async (report) => {
        const dir = postgresDir;
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
        postgresDir = prepared.dir;
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
      // Certificates and a key turn TLS on as well.
      const usesTls = Object.keys(env).some(
        (name) => /^TEMPORAL_(TLS|API_KEY)/.test(name) && isSet(env[name]),
      );
      if (urls.temporalAddress !== '' && !usesTls) {
        await steps.run('Temporal', (report) =>
          withPatience(() => namespaceAnswers(urls.temporalAddress, env.TEMPORAL_NAMESPACE), {
            what: `Temporal at ${urls.temporalAddress}`,
            variable: 'TEMPORAL_ADDRESS',
            ...(URL.canParse(`tcp://${urls.temporalAddress}`) && {
              address: new URL(`tcp://${urls.temporalAddress}`),
            }),
            report,
            signal,
          }),
        );
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

  async function startInbox(): Promise<void> {
    const external = env.SMTP_URL;
    if (isSet(external)) {
      urls.smtp = withPassword(external, env.SMTP_PASSWORD);
      steps.print(`  - mail server: external (${given('SMTP_URL')})`);
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
    steps.print(`  - message broker: external (${given('AMQP_URL')})`);
  }

  async function makeAppEnv(): Promise<NodeJS.ProcessEnv> {
    urls.api = await apiUrl();
    const healthPort = await standardPort('WORKER_HEALTH_PORT');
    const metricsPort = await standardPort('API_METRICS_PORT');
    urls.apiMetrics = `http://${reachable(env.API_METRICS_HOST)}:${metricsPort}/metrics`;
    urls.workerHealth = `http://${reachable(env.WORKER_HEALTH_HOST)}:${healthPort}`;
    return appEnvFor(urls, ownUrls, { health: healthPort, metrics: metricsPort });
  }

  /** The environment of the application's processes with these addresses. */
  function appEnvFor(
    to: StackUrls,
    own: Record<string, string>,
    ports: { health: number; metrics: number },
  ): NodeJS.ProcessEnv {
    const { port: listenPort } = new URL(to.api);
    const base = namesTemporal(env)
      ? env
      : withEmbeddedTemporal(env, { address: to.temporalAddress, uiUrl: to.temporalUi, stateDir });
    return {
      ...base,
      ...Object.fromEntries(
        ownParts.flatMap(({ name, env: variables }) => Object.entries(variables(own[name] ?? ''))),
      ),
      NODE_ENV: isSet(env.NODE_ENV) ? env.NODE_ENV : 'development',
      DATABASE_URL: to.database,
      SMTP_URL: to.smtp,
      // It belongs to a mail server other than the inbox, which has no user.
      ...(!isSet(env.SMTP_URL) && { SMTP_PASSWORD: '' }),
      PORT: listenPort,
      API_PORT: listenPort,
      WORKER_HEALTH_PORT: String(ports.health),
      API_METRICS_PORT: String(ports.metrics),
      PUBLIC_URL: isSet(env.PUBLIC_URL) ? env.PUBLIC_URL : to.api,
      // A person waits for Ctrl-C and for every reload. Uploads and jobs in progress are resumed or repeated, as after a crash.
      API_SHUTDOWN_GRACE: isSet(env.API_SHUTDOWN_GRACE) ? env.API_SHUTDOWN_GRACE : STOP_GRACE,
      WORKER_SHUTDOWN_GRACE: isSet(env.WORKER_SHUTDOWN_GRACE) ? env.WORKER_SHUTDOWN_GRACE : STOP_GRACE,
    };
  }

  /** Checks everything that the environment configures. @throws {ConfigError} with all problems. */
  function checkEnvironment(): void {
    const found = [...problems];
    const standardPorts = [
      ...Object.entries(defaultPorts),
      ...ownParts.map(({ port: { variable, preferred } }) => [variable, preferred] as const),
    ];
    for (const [variable, preferred] of standardPorts) {
      try {
        preferredPort(variable, preferred, env);
      } catch (error) {
        found.push(errorMessage(error));
      }
    }
    // The stack's own servers have no TLS.
    for (const server of ['DATABASE', 'SMTP'] as const) {
      const isGiven = (name: string): boolean => isSet(env[name]) || isSet(env[name + FILE_SUFFIX]);
      if (!isGiven(`${server}_URL`) && tlsVariablesOf(server).some(isGiven))
        found.push(tlsWithoutUrl(server));
    }
    const portsAreValid = found.length === problems.length;
    try {
      options.checkConfig?.(planEnv(portsAreValid));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      found.push(...error.problems);
    }
    if (found.length > 0) throw new ConfigError([...new Set(found)]);
  }

  /** The environment of the application's processes as far as it is known before anything starts. */
  function planEnv(portsAreValid: boolean): NodeJS.ProcessEnv {
    const at = (variable: keyof typeof defaultPorts): number =>
      portsAreValid ? preferredPort(variable, defaultPorts[variable], env) : defaultPorts[variable];
    const url = (variable: keyof typeof defaultPorts): string => `http://127.0.0.1:${at(variable)}`;
    return appEnvFor(
      {
        api: url('API_PORT'),
        workerHealth: url('WORKER_HEALTH_PORT'),
        apiMetrics: url('API_METRICS_PORT'),
        temporalAddress: `127.0.0.1:${at('TEMPORAL_PORT')}`,
        temporalUi: url('TEMPORAL_UI_PORT'),
        database: isSet(env.DATABASE_URL)
          ? env.DATABASE_URL
          : `postgres://postgres@127.0.0.1:${at('POSTGRES_PORT')}/durable_jobs`,
        smtp: isSet(env.SMTP_URL) ? env.SMTP_URL : `smtp://127.0.0.1:${at('SMTP_PORT')}`,
      },
      Object.fromEntries(
        ownParts.map(({ name, port: { preferred } }) => [name, `http://127.0.0.1:${preferred}`]),
      ),
      { health: at('WORKER_HEALTH_PORT'), metrics: at('API_METRICS_PORT') },
    );
  }

  async function prepare(): Promise<void> {
    for (const { name, run } of options.prepare) {
      await steps.run(
        name,
        (report) => withPatience(() => run(appEnv, signal), { what: `The step ${name}`, report, signal }),
        (text) => text,
      );
    }
  }

  /** What encrypted the data that is there must be known; otherwise neither the API nor the worker would start. */
  async function checkKeys(): Promise<void> {
    const { host } = new URL(urls.database);
    const waiting = setTimeout(
      () => steps.print(`  … waiting for the database at ${host}, to check PAYLOAD_KEYS`),
      SAY_AFTER_MS,
    );
    let said = '';
    const problem = await withPatience(() => findLostKeys(appEnv), {
      what: `The database at ${host}`,
      variable: 'DATABASE_URL',
      report(line) {
        if (line !== said) steps.print(`  … checking PAYLOAD_KEYS: ${line}`);
        said = line;
      },
      signal,
    }).finally(() => clearTimeout(waiting));
    if (problem === undefined) return;
    const own = parts.has('postgres') && parts.has('temporal');
    throw new Error(describeLostKeys(problem, own ? [postgresDir, join(stateDir, 'temporal')] : []));
  }

  async function startProcess(name: 'api' | 'worker', url: string): Promise<void> {
    const label = name === 'api' ? 'API' : name;
    await steps.run(
      label,
      async (report) => {
        const own = options[name].spec(url);
        const spec: ProcessSpec = {
          name: label,
          logFile: logFile(name),
          stopSignal: 'SIGTERM',
          env: appEnv,
          stopGraceMs: stopGraceMs(name, appEnv),
          ...own,
          ...sayingIfSlow(own, { label, url, report, print: steps.print }),
        };
        await startPart(name, spec, options.reloads);
      },
      () => (parts.get(name)?.current() ? url : 'waiting for a file change'),
    );
  }

  return {
    prepare,
    async start() {
      ensureDir(logFolder(stateDir));
      checkEnvironment();
      noteBroker();
      await allOf([startPostgres(), startTemporal(), startInbox(), ...ownParts.map(startOwn)]);
      appEnv = await makeAppEnv();
      await checkKeys();
      await prepare();
      signal.throwIfAborted();
      await allOf([startProcess('worker', urls.workerHealth), startProcess('api', urls.api)]);
    },

    async stop() {
      const stopPart = async (name: string): Promise<void> => {
        const part = parts.get(name);
        if (!part) return;
        const start = performance.now();
        const exit = await part.stop();
        parts.delete(name);
        // It was down.
        if (!exit) return;
        const killed = exit.signal === 'SIGKILL' ? `, killed after ${part.spec.stopGraceMs / 1000} s` : '';
        steps.print(`  - ${part.spec.name} stopped (${secondsSince(start)}${killed})`);
      };
      const failures: unknown[] = [];
      // What cannot be stopped must not keep the rest running.
      for (const group of stopOrder) {
        for (const stopped of await Promise.allSettled(group.map(stopPart)))
          if (stopped.status === 'rejected') failures.push(stopped.reason);
      }
      for (const release of releases) release();
      if (failures.length > 0) throw new Error(failures.map(errorMessage).join('; '), { cause: failures[0] });
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

    down: () =>
      ['api', 'worker'].flatMap((name) => {
        const part = parts.get(name);
        return part?.current() ? [] : [part?.spec.name ?? name];
      }),

    info: () => ({
      pid: process.pid,
      startedAt,
      urls,
      ownUrls,
      fromEnvFile: [...(options.fromEnvFile ?? [])],
      valueFiles: Object.keys(options.env).filter(
        (name) => name.endsWith(FILE_SUFFIX) && isSet(options.env[name]),
      ),
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
