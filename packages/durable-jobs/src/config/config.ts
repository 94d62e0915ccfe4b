import { isIP } from 'node:net';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import { taskQueueNames, type TaskQueues } from '../engine/declared-queues.ts';
import { decodedLineFault } from '../values/text.ts';
import { parseKeyRing } from '../encryption/key-ring.ts';
import { payloadPolicies, type EncryptionConfig } from '../encryption/policy.ts';
import { errorMessage } from '../process/errors.ts';
import { durationMs, parseDuration, timerMs } from '../values/duration.ts';
import { recipientAddress } from '../values/email-address.ts';
import { isLoopback } from './loopback.ts';
import { numberIn, wholeNumber } from '../values/number-text.ts';
import { timeZone } from '../values/time-zone.ts';
import { withPassword } from './url-password.ts';

/** The environment that a process is configured by; tests pass their own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Valid only while the API listens on loopback; see {@link loadApiConfig}. */
export const LOCAL_API_KEY = 'local-dev-key';

const LOCAL_APP_SECRET = 'local-development-secret-never-used-in-production';

/** Everything wrong with the environment, at once. Its message has one line per variable and no values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** How often something may be done in a second; less than one is possible. */
const perSecond = numberIn(0.001, 1_000_000, /^\d{1,7}(\.\d{1,6})?$/, 'a number');

const port = wholeNumber(0, 65_535);

/** The name or address of an interface to listen on, without a port and without the brackets of a URL. */
const listenHost = z
  .string()
  .refine(
    (text) =>
      isIP(text) !== 0 ||
      /^(?=.{1,253}$)[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i.test(text),
    'must be an IP address or a host name, without a port',
  );

/** A secret that is sent in a header, which has no place for other characters. */
const headerText = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must consist of visible ASCII characters, without spaces');

/** A key that is sent as `Authorization: Bearer <key>`. */
const bearerKey = headerText
  .min(16, 'must have at least 16 characters')
  .max(1_000, 'must have at most 1000 characters');

const sender = z
  .string()
  .regex(
    /^(?:[^<>]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@,]+@[^\s<>@,]+)$/,
    'must be one address such as Shop <no-reply@example.com>',
  );

/** How long to wait for something. With 0 nothing could ever succeed. */
const timeoutMs = timerMs.refine((value) => value > 0, 'must be more than 0');

const DAY_MS = 86_400_000;

/** As {@link durationMs}, but not shorter than `least`, for the reason given: what is deleted too early is missed. */
const ageMs = (least: string, reason: string) =>
  durationMs.refine((value) => value >= (parseDuration(least) ?? 0), `must be at least ${least}: ${reason}`);

const urlOf = (...protocols: string[]) =>
  z.url({
    protocol: new RegExp(`^(${protocols.join('|')})$`),
    error: `must be a URL (${protocols.join(', ')})`,
  });

/** URLs of servers, and the variables that give their passwords apart from them, for which nothing has to be encoded. */
const passwordVariables = [
  ['DATABASE_URL', 'DATABASE_PASSWORD'],
  ['AMQP_URL', 'AMQP_PASSWORD'],
  ['SMTP_URL', 'SMTP_PASSWORD'],
] as const;

/** The address of a web server, which paths are appended to. */
const httpUrl = urlOf('http', 'https')
  .refine((url) => !/[?#]/.test(url), 'must have no query and no fragment')
  .transform((url) => url.replace(/\/+$/, ''));

/** Addresses with commas between them, each kept once. */
const emailList = z.string().transform((list, context) => {
  const given = list.split(',').map((address) => address.trim());
  const parsed = z.array(recipientAddress).safeParse(given.filter((address) => address !== ''));
  if (parsed.success) return [...new Set(parsed.data)];
  context.addIssue({ code: 'custom', message: 'must be email addresses with commas between them' });
  return z.NEVER;
});

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
  /** For how long a stopping API answers the requests that are under way. */
  API_SHUTDOWN_GRACE: timerMs.default(20_000),
  API_KEY: bearerKey.optional(),
  TEMPORAL_UI_URL: httpUrl.default('http://127.0.0.1:8233'),
  PASSWORD_RESET_DELAY: durationMs
    .refine(
      (value) => value <= DAY_MS,
      'must be 1d or less: requests are deleted after PASSWORD_RESET_RETENTION',
    )
    .default(300_000),
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
  /** Calls a second to the payment provider, over all workers. */
  PAYMENTS_PER_SECOND: perSecond.default(25),
  /** Starts a second that the relay makes up for at most, over all workers. */
  OUTBOX_STARTS_PER_SECOND: perSecond.default(25),
  SMTP_URL: urlOf('smtp', 'smtps'),
  SMTP_PASSWORD: z.string().optional(),
  MAIL_FROM: sender.default('Durable Jobs <no-reply@example.com>'),
  STRIPE_API_KEY: headerText,
  STRIPE_API_URL: httpUrl
    .refine((url) => new URL(url).pathname === '/', 'must have no path')
    .default('https://api.stripe.com'),
  PAYMENT_TIMEOUT: timeoutMs.default(20_000),
  PUBLIC_URL: httpUrl.default('http://127.0.0.1:3000'),
  /** Who is mailed the daily report. */
  REPORT_RECIPIENTS: emailList.default([]),
  /** How far back payments, refunds and orders are compared with the payment provider. */
  RECONCILIATION_WINDOW: ageMs('1h', 'runs would leave gaps').default(259_200_000),
  /** How long an order, or a payment, must have been left alone before it is compared: what moves can't be judged. */
  RECONCILIATION_QUIET_TIME: durationMs.default(600_000),
  /** Ages after which rows are deleted, archived, or deleted from the archive; docs/upkeep.md says what needs them. */
  PASSWORD_RESET_RETENTION: ageMs('4d', 'emails are tried for three days').default(604_800_000),
  OUTBOX_RETENTION: ageMs('1h', 'they are what tells of a job that was just started').default(604_800_000),
  /** Completed ones; dead ones are kept until somebody sees to them. */
  WORK_ITEM_RETENTION: ageMs('1h', 'their dedupe keys are forgotten with them').default(604_800_000),
  AUDIT_RETENTION: ageMs('1d', 'people ask about them').default(31_536_000_000),
  BULK_RETENTION: ageMs('1d', 'people look at them, and try again what failed').default(2_592_000_000),
  FAILED_ATTEMPTS_RETENTION: ageMs('1d', 'people ask about them').default(2_592_000_000),
  ARCHIVE_AFTER: ageMs('7d', 'reports read them').default(7_776_000_000),
  ARCHIVE_RETENTION: ageMs('1d', 'they would be archived in vain').default(63_072_000_000),
  /** The message broker; without it, the queue is in PostgreSQL. */
  AMQP_URL: urlOf('amqp', 'amqps').optional(),
  AMQP_PASSWORD: z.string().optional(),
  /** The broker's address of the queue of orders. */
  AMQP_QUEUE: z.string().min(1).default('orders-queue'),
  /** A broker that says nothing for this long is taken for gone. */
  AMQP_IDLE_TIMEOUT: timerMs
    .refine((value) => value >= 2_000, 'must be at least 2s: beats would come every instant')
    .default(30_000),
  /** Messages with orders that are under way at once. */
  ORDER_CONSUMER_CREDIT: wholeNumber(1, 500).default(10),
  /** How often a message may fail before it is dead-lettered. */
  MESSAGE_MAX_FAILURES: wholeNumber(1, 100).default(8),
  /** How long messages are kept that are published, settled, or resolved dead letters. */
  MESSAGE_RETENTION: ageMs('1d', 'people look at them').default(604_800_000),
  FINDINGS_RETENTION: ageMs('1d', 'people ask about them').default(15_552_000_000),
  /** Who gets the report of a maintenance: addresses with commas between them. */
  MAINTENANCE_RECIPIENTS: emailList.default([]),
});

/** How to reach Temporal, from the standard TEMPORAL_* variables and the profile file that they name. */
export interface TemporalConfig {
  connection: ClientConnectConfig['connectionOptions'];
  namespace: string;
}

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

/**
 * Reads the API's configuration.
 * @throws {ConfigError} naming every variable that is missing or wrong.
 */
export function loadApiConfig(env: Environment): ApiConfig {
  const loader = new Loader(env);
  const values = loader.parse(api);
  const host = loader.host('API_HOST');
  if (!loader.has('API_KEY') && !(loader.isLocal() && isLoopback(host))) {
    loader.problems.push(
      'API_KEY: is missing; only an API with NODE_ENV=development that listens on loopback does without',
    );
  }
  const appSecret = loader.appSecret(isLoopback(host));
  const temporal = loader.temporal();
  return loader.finish(values, (parsed) => ({
    ...parsed,
    appSecret,
    temporal,
    apiKey: parsed.API_KEY ?? LOCAL_API_KEY,
  }));
}

/**
 * Reads the worker's configuration. `taskQueues` are the application's own.
 * @throws {ConfigError} naming every variable that is missing or wrong.
 */
export function loadWorkerConfig(env: Environment, taskQueues: TaskQueues): WorkerConfig {
  const loader = new Loader(env);
  const values = loader.parse(
    worker.extend({ WORKER_TASK_QUEUES: taskQueueList(taskQueueNames(taskQueues)) }),
  );
  if (values && values.RECONCILIATION_QUIET_TIME >= values.RECONCILIATION_WINDOW) {
    loader.problems.push(
      'RECONCILIATION_QUIET_TIME: must be less than RECONCILIATION_WINDOW: nothing would be compared',
    );
  }
  const appSecret = loader.appSecret(isLoopback(loader.host('WORKER_HEALTH_HOST')));
  const temporal = loader.temporal();
  return loader.finish(values, (parsed) => ({ ...parsed, appSecret, temporal }));
}

/**
 * Reads only what the migration command needs.
 * @throws {ConfigError} where it is missing or wrong.
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
 * @throws {ConfigError} where it is missing or wrong.
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
 * @throws {ConfigError} where it is missing or wrong.
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
 * Reads the address of the API that a command calls; undefined where none is given.
 * @throws {ConfigError} where it is wrong.
 */
export function loadApiAddress(env: Environment): { url: string; apiKey: string } | undefined {
  const loader = new Loader(env);
  if (!loader.has('API_URL')) return undefined;
  return loader.finish(loader.parse(apiAddress), ({ API_URL: url, API_KEY: apiKey }) => ({ url, apiKey }));
}

/** Collects what is wrong, so that one start tells everything. */
class Loader {
  readonly problems: string[] = [];
  readonly #env: Record<string, string>;

  constructor(env: Environment) {
    // An empty variable counts as absent: compose files and CI systems pass unset ones on as ''.
    this.#env = Object.fromEntries(
      Object.entries(env).filter(
        (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
      ),
    );
  }

  parse<T>(schema: z.ZodObject & z.ZodType<T>): T | undefined {
    const faulty = new Set<string>();
    for (const name of Object.keys(schema.shape)) {
      const fault = decodedLineFault(this.#env[name] ?? '-');
      if (fault === undefined) continue;
      this.problems.push(`${name}: ${fault}`);
      faulty.add(name);
    }
    if (['encrypted', 'bound'].includes(this.#env.PAYLOAD_ENCRYPTION ?? '') && !this.has('PAYLOAD_KEYS')) {
      this.problems.push('PAYLOAD_ENCRYPTION: requires PAYLOAD_KEYS, unless it is any');
    }
    const parsed = schema.safeParse(this.#withPasswords());
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0]);
      if (faulty.has(name)) continue;
      this.problems.push(`${name}: ${name in this.#env ? issue.message : 'is missing'}`);
    }
    return undefined;
  }

  /** The environment with the passwords in the URLs that they belong to, and in no variable of their own. */
  #withPasswords(): Record<string, string> {
    const apart = new Set<string>(passwordVariables.map(([, passwordName]) => passwordName));
    const env = Object.fromEntries(Object.entries(this.#env).filter(([name]) => !apart.has(name)));
    for (const [urlName, passwordName] of passwordVariables) {
      const url = env[urlName];
      if (url === undefined) continue;
      try {
        env[urlName] = withPassword(url, this.#env[passwordName]);
      } catch {
        this.problems.push(`${passwordName}: requires a user in ${urlName}`);
      }
    }
    return env;
  }

  /** The address to listen on, as the schemas default it: needed before it is known whether the rest is valid. */
  host(name: string): string {
    return this.#env[name] ?? '127.0.0.1';
  }

  has(name: string): boolean {
    return name in this.#env;
  }

  /** Whether this is somebody's own machine, by NODE_ENV. */
  isLocal(): boolean {
    return this.#env.NODE_ENV === 'development' || this.#env.NODE_ENV === 'test';
  }

  appSecret(loopback: boolean): string {
    const secret = this.#env.APP_SECRET;
    if (!secret && !(loopback && this.isLocal())) {
      this.problems.push(
        'APP_SECRET: is missing; make one with `openssl rand -hex 32`, the same for API and worker',
      );
    }
    return secret ?? LOCAL_APP_SECRET;
  }

  temporal(): TemporalConfig {
    try {
      const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: this.#env });
      return { connection: connectionOptions, namespace: namespace ?? 'default' };
    } catch (error) {
      this.problems.push(`TEMPORAL_*: ${error instanceof Error ? error.message : String(error)}`);
      return { connection: {}, namespace: 'default' };
    }
  }

  finish<T, R>(values: T | undefined, build: (values: T) => R): R {
    if (values === undefined || this.problems.length > 0) throw new ConfigError(this.problems);
    return build(values);
  }
}
