import { z } from 'zod';
import type { DatabaseServer } from '../database/server.ts';
import { pem, tlsOf } from './tls.ts';
import { taskQueueNames, type TaskQueues } from '../engine/declared-queues.ts';
import { parseKeyRing } from '../values/key-ring.ts';
import { errorMessage } from '../process/errors.ts';
import { timerMs } from '../values/duration.ts';
import { wholeNumber } from '../values/number-text.ts';
import { timeZone } from '../values/time-zone.ts';
import { Loader, type Environment, type TemporalConfig } from './loader.ts';
import { isLoopback } from './loopback.ts';
import { payloadPolicies, type EncryptionConfig } from './payload-policy.ts';
import { replayPolicies } from './replay-policy.ts';
import {
  ageMs,
  basePath,
  bearerKey,
  buildId,
  deploymentName,
  headerText,
  httpUrl,
  listenHost,
  perSecond,
  port,
  sender,
  timeoutMs,
  trueOrFalse,
  urlOf,
} from './variables.ts';

export { ConfigError, readTogether, type Environment, type TemporalConfig } from './loader.ts';

/** Valid only while the API listens on loopback; see {@link loadApiConfig}. */
export const LOCAL_API_KEY = 'local-dev-key';

/** `id:base64,id:base64`; the first encrypts, all decrypt. */
const keyRing = z.string().transform((text, context) => {
  try {
    return parseKeyRing(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: errorMessage(error) });
    return z.NEVER;
  }
});

const common = z.object({
  /** Local keys and secrets are accepted only in `development` and `test`. */
  NODE_ENV: z.enum(['development', 'test', 'production']).default('production'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  DATABASE_URL: urlOf('postgres', 'postgresql'),
  DATABASE_PASSWORD: z.string().optional(),
  /** The authorities that signed its certificate, and the certificate and key of this client. */
  DATABASE_TLS_CA: pem.optional(),
  DATABASE_TLS_CERT: pem.optional(),
  DATABASE_TLS_KEY: pem.optional(),
  DATABASE_POOL_SIZE: wholeNumber(1, 200).default(10),
  /** Keys that encrypt payloads; without it, nothing is encrypted. */
  PAYLOAD_KEYS: keyRing.optional(),
  /** Which payloads are accepted: see payloadPolicies. */
  PAYLOAD_ENCRYPTION: z.enum(payloadPolicies).default('any'),
  APP_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  /** The IANA time zone of the business: the days of its reports, and the local times of the declared schedules. */
  TIME_ZONE: timeZone.default('UTC'),
  /** Time limit of a call to the engine whose result a request needs. */
  ENGINE_TIMEOUT: timeoutMs.default(2_000),
  /** Where traces are sent; the OpenTelemetry SDK reads these by itself. */
  OTEL_EXPORTER_OTLP_ENDPOINT: urlOf('http', 'https').optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: urlOf('http', 'https').optional(),
});

const api = common.extend({
  API_HOST: listenHost.default('127.0.0.1'),
  API_PORT: port.default(3000),
  /** Address of the metrics for Prometheus, separate from the address that clients use. */
  API_METRICS_HOST: listenHost.default('127.0.0.1'),
  API_METRICS_PORT: port.default(3002),
  /** Time that a stopping API has to answer open requests. */
  API_SHUTDOWN_GRACE: timerMs.default(20_000),
  API_KEY: bearerKey.optional(),
  TEMPORAL_UI_URL: httpUrl.default('http://127.0.0.1:8233'),
  PUBLIC_RATE_LIMIT_PER_MINUTE: wholeNumber(1).default(60),
  /** Wrong keys per minute and address before the address is locked out for a minute. */
  KEY_FAILURES_PER_MINUTE: wholeNumber(1).default(20),
  /** How long a browser stays signed in. */
  SESSION_TTL: ageMs('1m', 'sessions would expire before they could be used').default(28_800_000),
  /** Time limit for receiving a request body, except that of a bulk job. */
  BODY_TIMEOUT: timeoutMs.default(30_000),
  /** Limits of a bulk job's upload. */
  BULK_MAX_ITEMS: wholeNumber(1).default(1_000_000),
  BULK_MAX_BYTES: wholeNumber(1).default(536_870_912),
  /** Time without data after which an upload is aborted: each holds a database connection. */
  BULK_UPLOAD_IDLE: timeoutMs.default(60_000),
  TRUST_PROXY_HOPS: wholeNumber(0).default(0),
  /** The path that a proxy removes from requests before it forwards them; links, redirects and cookies contain it. */
  API_BASE_PATH: basePath.default(''),
});

/** Comma-separated names of task queues; by default every queue. */
const taskQueueList = (names: [string, ...string[]]) =>
  z
    .string()
    .default(names.join(','))
    .transform((list) => list.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(names)).min(1));

const worker = common.extend({
  WORKER_HEALTH_HOST: listenHost.default('127.0.0.1'),
  WORKER_HEALTH_PORT: port.default(3001),
  /** The task queues that this process serves; {@link loadWorkerConfig} adds the names of the application's own. */
  WORKER_TASK_QUEUES: taskQueueList(taskQueueNames({})),
  /** Whether a worker applies the declared schedules when it starts, unless its code decides. */
  DURABLE_JOBS_APPLY_SCHEDULES: trueOrFalse.default(false),
  WORKER_SHUTDOWN_GRACE: timerMs.default(20_000),
  /** Open jobs whose state a worker keeps in memory; that of another one is computed from its history when the job continues. */
  WORKER_CACHED_JOBS: wholeNumber(2, 100_000).optional(),
  /** What a starting worker does about open jobs that its code does not replay; by default `refuse` in production, otherwise `warn`. */
  WORKER_REPLAY: z.enum(replayPolicies).optional(),
  /** The deployment that this worker is a version of, and the version; without them, the worker is not versioned. */
  WORKER_DEPLOYMENT: deploymentName.optional(),
  WORKER_BUILD_ID: buildId.optional(),
  /** Work items that are processed concurrently; each holds a pool connection meanwhile. */
  WORK_QUEUE_CONCURRENCY: wholeNumber(1, 100).default(5),
  /** Maximum number of starts per second that the relay makes, over all workers. */
  OUTBOX_STARTS_PER_SECOND: perSecond.default(25),
  /** The mail server; without it, emails wait. */
  SMTP_URL: urlOf('smtp', 'smtps').optional(),
  SMTP_PASSWORD: z.string().optional(),
  /** The authorities that signed its certificate, and the certificate and key of this client. */
  SMTP_TLS_CA: pem.optional(),
  SMTP_TLS_CERT: pem.optional(),
  SMTP_TLS_KEY: pem.optional(),
  MAIL_FROM: sender.default('Durable Jobs <no-reply@example.com>'),
  /** Ages after which rows are deleted; docs/upkeep.md describes what needs them. */
  OUTBOX_RETENTION: ageMs('1h', 'they show the state of jobs that were just started').default(604_800_000),
  /** Applies to completed items; dead items are kept until an operator resolves them. */
  WORK_ITEM_RETENTION: ageMs('1h', 'their dedupe keys are deleted with them').default(604_800_000),
  AUDIT_RETENTION: ageMs('1d', 'operators look at them').default(31_536_000_000),
  BULK_RETENTION: ageMs('1d', 'operators look at them and retry failed items').default(2_592_000_000),
  FAILED_ATTEMPTS_RETENTION: ageMs('1d', 'operators look at them').default(2_592_000_000),
  /** The message broker; without it, the queue is in PostgreSQL. */
  AMQP_URL: urlOf('amqp', 'amqps').optional(),
  AMQP_PASSWORD: z.string().optional(),
  AMQP_TLS_CA: pem.optional(),
  AMQP_TLS_CERT: pem.optional(),
  AMQP_TLS_KEY: pem.optional(),
  /** A broker that sends nothing for this long is considered disconnected. */
  AMQP_IDLE_TIMEOUT: timerMs
    .refine((value) => value >= 2_000, 'must be at least 2s: shorter time-outs cause constant heartbeats')
    .default(30_000),
  /** Failures after which a message is dead-lettered. */
  MESSAGE_MAX_FAILURES: wholeNumber(1, 100).default(8),
  /** Retention of published messages, settled messages, and resolved dead letters. */
  MESSAGE_RETENTION: ageMs('1d', 'operators look at them').default(604_800_000),
});

/** Configuration that every process has. */
interface ResolvedCommon {
  /** Key of the hashes that identify accounts and requests, and of one-time tokens. */
  appSecret: string;
  /** The database, with the settings of TLS. */
  database: DatabaseServer;
  temporal: TemporalConfig;
}

/** The variables of the database's connections, which every process and command has. */
const ofDatabase = {
  DATABASE_URL: true,
  DATABASE_PASSWORD: true,
  DATABASE_TLS_CA: true,
  DATABASE_TLS_CERT: true,
  DATABASE_TLS_KEY: true,
} as const;

type DatabaseVariables = Pick<z.output<typeof common>, Exclude<keyof typeof ofDatabase, 'DATABASE_PASSWORD'>>;

/** Returns the database that the variables name. */
function databaseOf(variables: DatabaseVariables): DatabaseServer {
  return { url: variables.DATABASE_URL, tls: tlsOf('DATABASE', variables) };
}

/** Returns the database that the variables of a command name which needs none; no member without a URL. */
function optionalDatabaseOf(
  variables: Omit<DatabaseVariables, 'DATABASE_URL'> & { DATABASE_URL?: string | undefined },
): { database?: DatabaseServer } {
  const { DATABASE_URL: url } = variables;
  return url === undefined ? {} : { database: databaseOf({ ...variables, DATABASE_URL: url }) };
}

/** The configuration of an API process. */
export type ApiConfig = z.output<typeof api> & ResolvedCommon & { apiKey: string };
/** The configuration of a worker process. */
export type WorkerConfig = z.output<typeof worker> & ResolvedCommon;

const client = api.pick({
  LOG_LEVEL: true,
  ...ofDatabase,
  DATABASE_POOL_SIZE: true,
  PAYLOAD_KEYS: true,
  PAYLOAD_ENCRYPTION: true,
  TIME_ZONE: true,
  ENGINE_TIMEOUT: true,
  TEMPORAL_UI_URL: true,
});

/** The configuration of a process that starts jobs and reads their outcome. */
export type ClientConfig = z.output<typeof client> & Omit<ResolvedCommon, 'appSecret'>;

/**
 * Reads the configuration of a process that starts jobs and reads their outcome.
 * @throws {ConfigError} that names every missing or invalid variable.
 */
export function loadClientConfig(env: Environment): ClientConfig {
  const loader = new Loader(env, client);
  const values = loader.parse(client);
  const temporal = loader.temporal();
  return loader.finish(values, (parsed) => ({ ...parsed, database: databaseOf(parsed), temporal }));
}

/** Variables of an application, in addition to the library's. */
type Variables<T> = z.ZodObject & z.ZodType<T>;

const noVariables = z.object({});

/**
 * Reads the API's configuration, including the application's variables that `own` declares.
 * @throws {ConfigError} that names every missing or invalid variable.
 */
export function loadApiConfig(env: Environment): ApiConfig;
export function loadApiConfig<T>(env: Environment, own: Variables<T>): ApiConfig & T;
export function loadApiConfig(env: Environment, own: z.ZodObject = noVariables): ApiConfig {
  const loader = new Loader(env, api, own);
  const values = loader.parse(api);
  const ownValues = loader.parse(own);
  const host = loader.host('API_HOST');
  if (!loader.has('API_KEY') && !(loader.isLocal() && isLoopback(host))) {
    loader.problems.push(
      'API_KEY: is missing; it is optional only with NODE_ENV=development and a loopback API_HOST',
    );
  }
  const appSecret = loader.appSecret(isLoopback(host));
  const temporal = loader.temporal();
  return loader.finish(values, (parsed) => ({
    ...ownValues,
    ...parsed,
    appSecret,
    database: databaseOf(parsed),
    temporal,
    apiKey: parsed.API_KEY ?? LOCAL_API_KEY,
  }));
}

/**
 * Reads the worker's configuration, including the application's variables that `own` declares. `taskQueues` are the application's own.
 * @throws {ConfigError} that names every missing or invalid variable.
 */
export function loadWorkerConfig(env: Environment, taskQueues: TaskQueues): WorkerConfig;
export function loadWorkerConfig<T>(
  env: Environment,
  taskQueues: TaskQueues,
  own: Variables<T>,
): WorkerConfig & T;
export function loadWorkerConfig(
  env: Environment,
  taskQueues: TaskQueues,
  own: z.ZodObject = noVariables,
): WorkerConfig {
  const loader = new Loader(env, worker, own);
  const values = loader.parse(
    worker.extend({ WORKER_TASK_QUEUES: taskQueueList(taskQueueNames(taskQueues)) }),
  );
  const ownValues = loader.parse(own);
  if (loader.has('WORKER_DEPLOYMENT') !== loader.has('WORKER_BUILD_ID'))
    loader.problems.push('WORKER_DEPLOYMENT, WORKER_BUILD_ID: must be set together, or neither of them');
  const appSecret = loader.appSecret(isLoopback(loader.host('WORKER_HEALTH_HOST')));
  const temporal = loader.temporal();
  return loader.finish(values, (parsed) => ({
    ...ownValues,
    ...parsed,
    appSecret,
    database: databaseOf(parsed),
    temporal,
  }));
}

const database = common.pick({ ...ofDatabase, LOG_LEVEL: true });

/**
 * Reads the configuration of the migration command.
 * @throws {ConfigError} if it is missing or invalid.
 */
export function loadDatabaseConfig(env: Environment): {
  DATABASE_URL: string;
  LOG_LEVEL: string;
  database: DatabaseServer;
} {
  const loader = new Loader(env, database);
  return loader.finish(loader.parse(database), (parsed) => ({ ...parsed, database: databaseOf(parsed) }));
}

const payloadKeys = common.pick({
  ...ofDatabase,
  PAYLOAD_KEYS: true,
  PAYLOAD_ENCRYPTION: true,
});

/** The configuration of the command for payload keys. */
export interface PayloadKeysConfig extends EncryptionConfig {
  DATABASE_URL: string;
  database: DatabaseServer;
  temporal: TemporalConfig;
}

/**
 * Reads the configuration of the command for payload keys.
 * @throws {ConfigError} if it is missing or invalid.
 */
export function loadPayloadKeysConfig(env: Environment): PayloadKeysConfig {
  const loader = new Loader(env, payloadKeys);
  const values = loader.parse(payloadKeys);
  const temporal = loader.temporal();
  return loader.finish(values, (parsed) => ({ ...parsed, database: databaseOf(parsed), temporal }));
}

const schedules = common
  .pick({
    LOG_LEVEL: true,
    TIME_ZONE: true,
    ...ofDatabase,
    PAYLOAD_KEYS: true,
    PAYLOAD_ENCRYPTION: true,
  })
  .partial({ DATABASE_URL: true });

/** The configuration of the command for the declared schedules. */
export interface SchedulesConfig extends EncryptionConfig {
  LOG_LEVEL: string;
  TIME_ZONE: string;
  /** Database of the audit trail, which records applied changes; without it, nothing is recorded. */
  DATABASE_URL?: string | undefined;
  database?: DatabaseServer | undefined;
  temporal: TemporalConfig;
}

/**
 * Reads the configuration of the command for the declared schedules.
 * @throws {ConfigError} if it is missing or invalid.
 */
export function loadSchedulesConfig(env: Environment): SchedulesConfig {
  const loader = new Loader(env, schedules);
  const values = loader.parse(schedules);
  const temporal = loader.temporal();
  return loader.finish(values, (parsed) => ({
    ...parsed,
    ...optionalDatabaseOf(parsed),
    temporal,
  }));
}

const deployments = common
  .pick({ LOG_LEVEL: true, ...ofDatabase })
  .partial({ DATABASE_URL: true })
  .extend({ WORKER_DEPLOYMENT: deploymentName.optional() });

/** The configuration of the command for the versions of workers. */
export interface DeploymentConfig {
  /** The deployment, unless an option names it. */
  WORKER_DEPLOYMENT?: string | undefined;
  /** Database of the audit trail, which records changes; without it, nothing is recorded. */
  database?: DatabaseServer | undefined;
  temporal: TemporalConfig;
}

/**
 * Reads the configuration of the command for the versions of workers.
 * @throws {ConfigError} if it is missing or invalid.
 */
export function loadDeploymentConfig(env: Environment): DeploymentConfig {
  const loader = new Loader(env, deployments);
  const values = loader.parse(deployments);
  const temporal = loader.temporal();
  return loader.finish(values, (parsed) => ({
    ...parsed,
    ...optionalDatabaseOf(parsed),
    temporal,
  }));
}

/** The URL of an API on another machine, and the key that commands send. */
const apiAddress = z.object({
  API_URL: httpUrl.refine(
    (url) => !URL.canParse(url) || new URL(url).username === '',
    'must not contain a user name',
  ),
  API_KEY: headerText.default(LOCAL_API_KEY),
});

/**
 * Reads the address of the API that a command calls; undefined if none is given.
 * @throws {ConfigError} if it is invalid.
 */
export function loadApiAddress(env: Environment): { url: string; apiKey: string } | undefined {
  const loader = new Loader(env, apiAddress);
  if (!loader.has('API_URL')) return undefined;
  return loader.finish(loader.parse(apiAddress), ({ API_URL: url, API_KEY: apiKey }) => ({ url, apiKey }));
}
