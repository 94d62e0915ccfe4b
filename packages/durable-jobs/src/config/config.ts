import { z } from 'zod';
import { taskQueueNames, type TaskQueues } from '../engine/declared-queues.ts';
import { parseKeyRing } from '../values/key-ring.ts';
import { errorMessage } from '../process/errors.ts';
import { timerMs } from '../values/duration.ts';
import { wholeNumber } from '../values/number-text.ts';
import { timeZone } from '../values/time-zone.ts';
import { Loader, type Environment, type TemporalConfig } from './loader.ts';
import { isLoopback } from './loopback.ts';
import { payloadPolicies, type EncryptionConfig } from './payload-policy.ts';
import {
  ageMs,
  bearerKey,
  headerText,
  httpUrl,
  listenHost,
  perSecond,
  port,
  sender,
  timeoutMs,
  urlOf,
} from './variables.ts';

export { ConfigError, type Environment, type TemporalConfig } from './loader.ts';

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
  /** Keys and secrets for local use are taken where it says development or test, and nowhere else. */
  NODE_ENV: z.enum(['development', 'test', 'production']).default('production'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  DATABASE_URL: urlOf('postgres', 'postgresql'),
  DATABASE_PASSWORD: z.string().optional(),
  DATABASE_POOL_SIZE: wholeNumber(1, 200).default(10),
  /** Keys that encrypt what is given to the engine; without it, nothing is encrypted. */
  PAYLOAD_KEYS: keyRing.optional(),
  /** Which payloads are taken: see payloadPolicies. */
  PAYLOAD_ENCRYPTION: z.enum(payloadPolicies).default('any'),
  APP_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  /** The IANA time zone of the business: the days of its reports, and the local times of the declared schedules. */
  TIME_ZONE: timeZone.default('UTC'),
  /** How long the engine may take to answer before a request goes on without it. */
  ENGINE_TIMEOUT: timeoutMs.default(2_000),
});

const api = common.extend({
  API_HOST: listenHost.default('127.0.0.1'),
  API_PORT: port.default(3000),
  /** Where Prometheus reads the metrics: apart from what clients reach. */
  API_METRICS_HOST: listenHost.default('127.0.0.1'),
  API_METRICS_PORT: port.default(3002),
  /** For how long a stopping API answers the requests that are in progress. */
  API_SHUTDOWN_GRACE: timerMs.default(20_000),
  API_KEY: bearerKey.optional(),
  TEMPORAL_UI_URL: httpUrl.default('http://127.0.0.1:8233'),
  PUBLIC_RATE_LIMIT_PER_MINUTE: wholeNumber(1).default(60),
  /** Wrong keys that one address may send in a minute before it is locked out for one. */
  KEY_FAILURES_PER_MINUTE: wholeNumber(1).default(20),
  /** How long a browser stays signed in. */
  SESSION_TTL: ageMs('1m', 'nobody could do anything').default(28_800_000),
  /** How long a body other than that of a bulk job may take to arrive. */
  BODY_TIMEOUT: timeoutMs.default(30_000),
  /** What a bulk job may be sent. */
  BULK_MAX_ITEMS: wholeNumber(1).default(1_000_000),
  BULK_MAX_BYTES: wholeNumber(1).default(536_870_912),
  /** For how long nothing of an upload may come before it is given up: each holds a connection to the database. */
  BULK_UPLOAD_IDLE: timeoutMs.default(60_000),
  TRUST_PROXY_HOPS: wholeNumber(0).default(0),
});

/** Names of task queues with commas between them; without a list, every queue. */
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
  WORKER_SHUTDOWN_GRACE: timerMs.default(20_000),
  /** Items of the work queue that are worked on at once; each holds a connection of the pool meanwhile. */
  WORK_QUEUE_CONCURRENCY: wholeNumber(1, 100).default(5),
  /** Starts a second that the relay makes up for at most, over all workers. */
  OUTBOX_STARTS_PER_SECOND: perSecond.default(25),
  /** The mail server; without it, emails wait. */
  SMTP_URL: urlOf('smtp', 'smtps').optional(),
  SMTP_PASSWORD: z.string().optional(),
  MAIL_FROM: sender.default('Durable Jobs <no-reply@example.com>'),
  /** Ages after which rows are deleted; docs/upkeep.md says what needs them. */
  OUTBOX_RETENTION: ageMs('1h', 'they are what tells of a job that was just started').default(604_800_000),
  /** Completed ones; dead ones are kept until an operator sees to them. */
  WORK_ITEM_RETENTION: ageMs('1h', 'their dedupe keys are forgotten with them').default(604_800_000),
  AUDIT_RETENTION: ageMs('1d', 'people ask about them').default(31_536_000_000),
  BULK_RETENTION: ageMs('1d', 'people look at them, and try again what failed').default(2_592_000_000),
  FAILED_ATTEMPTS_RETENTION: ageMs('1d', 'people ask about them').default(2_592_000_000),
  /** The message broker; without it, the queue is in PostgreSQL. */
  AMQP_URL: urlOf('amqp', 'amqps').optional(),
  AMQP_PASSWORD: z.string().optional(),
  /** A broker that says nothing for this long is taken for gone. */
  AMQP_IDLE_TIMEOUT: timerMs
    .refine((value) => value >= 2_000, 'must be at least 2s: beats would come every instant')
    .default(30_000),
  /** How often a message may fail before it is dead-lettered. */
  MESSAGE_MAX_FAILURES: wholeNumber(1, 100).default(8),
  /** How long messages are kept that are published, settled, or resolved dead letters. */
  MESSAGE_RETENTION: ageMs('1d', 'people look at them').default(604_800_000),
});

/** Shared by every process. */
interface ResolvedCommon {
  /** Keys the hashes that identify accounts and requests, and derives one-time tokens. */
  appSecret: string;
  temporal: TemporalConfig;
}

/** The configuration of an API process. */
export type ApiConfig = z.output<typeof api> & ResolvedCommon & { apiKey: string };
/** The configuration of a worker process. */
export type WorkerConfig = z.output<typeof worker> & ResolvedCommon;

const client = api.pick({
  LOG_LEVEL: true,
  DATABASE_URL: true,
  DATABASE_PASSWORD: true,
  DATABASE_POOL_SIZE: true,
  PAYLOAD_KEYS: true,
  PAYLOAD_ENCRYPTION: true,
  TIME_ZONE: true,
  ENGINE_TIMEOUT: true,
  TEMPORAL_UI_URL: true,
});

/** The configuration of a process that starts jobs and reads what became of them. */
export type ClientConfig = z.output<typeof client> & { temporal: TemporalConfig };

/**
 * Reads the configuration of a process that starts jobs and reads what became of them.
 * @throws {ConfigError} naming every variable that is missing or wrong.
 */
export function loadClientConfig(env: Environment): ClientConfig {
  const loader = new Loader(env);
  const values = loader.parse(client);
  const temporal = loader.temporal();
  return loader.finish(values, (parsed) => ({ ...parsed, temporal }));
}

/** Variables of an application, beside the library's. */
type Variables<T> = z.ZodObject & z.ZodType<T>;

const noVariables = z.object({});

/**
 * Reads the API's configuration, and what `own` has of the application's variables.
 * @throws {ConfigError} naming every variable that is missing or wrong.
 */
export function loadApiConfig(env: Environment): ApiConfig;
export function loadApiConfig<T>(env: Environment, own: Variables<T>): ApiConfig & T;
export function loadApiConfig(env: Environment, own: z.ZodObject = noVariables): ApiConfig {
  const loader = new Loader(env);
  const values = loader.parse(api);
  const ownValues = loader.parse(own);
  const host = loader.host('API_HOST');
  if (!loader.has('API_KEY') && !(loader.isLocal() && isLoopback(host))) {
    loader.problems.push(
      'API_KEY: is missing; only an API with NODE_ENV=development that listens on loopback does without',
    );
  }
  const appSecret = loader.appSecret(isLoopback(host));
  const temporal = loader.temporal();
  return loader.finish(values, (parsed) => ({
    ...ownValues,
    ...parsed,
    appSecret,
    temporal,
    apiKey: parsed.API_KEY ?? LOCAL_API_KEY,
  }));
}

/**
 * Reads the worker's configuration, and what `own` has of the application's variables. `taskQueues` are the application's own.
 * @throws {ConfigError} naming every variable that is missing or wrong.
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
  const loader = new Loader(env);
  const values = loader.parse(
    worker.extend({ WORKER_TASK_QUEUES: taskQueueList(taskQueueNames(taskQueues)) }),
  );
  const ownValues = loader.parse(own);
  const appSecret = loader.appSecret(isLoopback(loader.host('WORKER_HEALTH_HOST')));
  const temporal = loader.temporal();
  return loader.finish(values, (parsed) => ({ ...ownValues, ...parsed, appSecret, temporal }));
}

/**
 * Reads only what the migration command needs.
 * @throws {ConfigError} if it is missing or wrong.
 */
export function loadDatabaseConfig(env: Environment): { DATABASE_URL: string; LOG_LEVEL: string } {
  const loader = new Loader(env);
  return loader.finish(
    loader.parse(common.pick({ DATABASE_URL: true, DATABASE_PASSWORD: true, LOG_LEVEL: true })),
    (parsed) => parsed,
  );
}

/** The configuration of the command for payload keys. */
export interface PayloadKeysConfig extends EncryptionConfig {
  DATABASE_URL: string;
  temporal: TemporalConfig;
}

/**
 * Reads what the command for payload keys needs.
 * @throws {ConfigError} if it is missing or wrong.
 */
export function loadPayloadKeysConfig(env: Environment): PayloadKeysConfig {
  const loader = new Loader(env);
  const values = loader.parse(
    common.pick({
      DATABASE_URL: true,
      DATABASE_PASSWORD: true,
      PAYLOAD_KEYS: true,
      PAYLOAD_ENCRYPTION: true,
    }),
  );
  const temporal = loader.temporal();
  return loader.finish(values, (parsed) => ({ ...parsed, temporal }));
}

/** The configuration of the command for the declared schedules. */
export interface SchedulesConfig extends EncryptionConfig {
  LOG_LEVEL: string;
  TIME_ZONE: string;
  /** Where what is applied is noted in the audit trail; without it, it is not. */
  DATABASE_URL?: string | undefined;
  temporal: TemporalConfig;
}

/**
 * Reads what the command for the declared schedules needs.
 * @throws {ConfigError} if it is missing or wrong.
 */
export function loadSchedulesConfig(env: Environment): SchedulesConfig {
  const loader = new Loader(env);
  const values = loader.parse(
    common
      .pick({
        LOG_LEVEL: true,
        TIME_ZONE: true,
        DATABASE_URL: true,
        DATABASE_PASSWORD: true,
        PAYLOAD_KEYS: true,
        PAYLOAD_ENCRYPTION: true,
      })
      .partial({ DATABASE_URL: true }),
  );
  const temporal = loader.temporal();
  return loader.finish(values, (parsed) => ({ ...parsed, temporal }));
}

/** Where commands find an API of another machine, and the key that they send it. */
const apiAddress = z.object({
  API_URL: httpUrl.refine((url) => !URL.canParse(url) || new URL(url).username === '', 'must have no user'),
  API_KEY: headerText.default(LOCAL_API_KEY),
});

/**
 * Reads the address of the API that a command calls; undefined if none is given.
 * @throws {ConfigError} if it is wrong.
 */
export function loadApiAddress(env: Environment): { url: string; apiKey: string } | undefined {
  const loader = new Loader(env);
  if (!loader.has('API_URL')) return undefined;
  return loader.finish(loader.parse(apiAddress), ({ API_URL: url, API_KEY: apiKey }) => ({ url, apiKey }));
}
