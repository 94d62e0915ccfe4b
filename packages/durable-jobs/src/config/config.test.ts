import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseAmqpUrl } from '../messages/broker/amqp-connection.ts';
import {
  ConfigError,
  loadApiConfig,
  loadDatabaseConfig,
  loadPayloadKeysConfig,
  loadSchedulesConfig,
  loadWorkerConfig,
  LOCAL_API_KEY,
  readTogether,
  type Environment,
} from './config.ts';
import { wholeNumber } from '../values/number-text.ts';
import { isLoopback } from './loopback.ts';
import { headerText, timeoutMs } from './variables.ts';

const api = { NODE_ENV: 'development', DATABASE_URL: 'postgres://localhost/jobs' };
const worker = { ...api, SMTP_URL: 'smtp://localhost:1025' };
const secret = 'a secret of at least thirty-two characters';
/** Variables that a process requires if it listens on addresses other than loopback. */
const keys = { API_KEY: 'a-key-of-sixteen-or-more', APP_SECRET: secret };

/** An application's own task queue. */
const taskQueues = { payments: { slots: 20 } };
const loadWorker = (env: Environment) => loadWorkerConfig(env, taskQueues);

/** Returns the problems of an environment, one per line. */
function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('has defaults for a local API', () => {
    const config = loadApiConfig(api);
    expect(config).toMatchObject({ API_HOST: '127.0.0.1', API_PORT: 3000, apiKey: LOCAL_API_KEY });
    expect(config.SESSION_TTL).toBe(28_800_000);
    expect(config.temporal.namespace).toBe('default');
  });

  it("names every invalid variable at once, including the application's own, and none of their values", () => {
    const own = z.object({
      TEA_TIMEOUT: timeoutMs,
      TEA_KEY: headerText,
      TEA_CUPS: wholeNumber(1).default(2),
    });
    const problems = problemsOf(() =>
      loadWorkerConfig(
        {
          NODE_ENV: 'development',
          DATABASE_URL: 'mysql://user:hunter2@db/x',
          SMTP_URL: 'nonsense',
          WORKER_TASK_QUEUES: 'jobs,unknown',
          WORKER_HEALTH_PORT: '99999',
          AMQP_URL: 'amqp://localhost',
          AMQP_PASSWORD: 'hunter2',
          PAYLOAD_ENCRYPTION: 'bound',
          TEA_TIMEOUT: 'soon',
        },
        taskQueues,
        own,
      ),
    );
    const names = problems.map((problem) => problem.split(':')[0]);
    expect(names.toSorted()).toEqual([
      'AMQP_PASSWORD',
      'DATABASE_URL',
      'PAYLOAD_ENCRYPTION',
      'SMTP_URL',
      'TEA_KEY',
      'TEA_TIMEOUT',
      'WORKER_HEALTH_PORT',
      'WORKER_TASK_QUEUES',
    ]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it("reads an application's own variables beside the library's", () => {
    const own = z.object({ TEA_TIMEOUT: timeoutMs.default(60_000), TEA_CUPS: wholeNumber(1).default(2) });
    const env = { TEA_CUPS: '3' };
    expect(loadApiConfig({ ...api, ...env }, own)).toMatchObject({
      API_PORT: 3000,
      TEA_CUPS: 3,
      TEA_TIMEOUT: 60_000,
    });
    expect(loadWorkerConfig({ ...worker, ...env }, taskQueues, own)).toMatchObject({
      WORKER_HEALTH_PORT: 3001,
      TEA_CUPS: 3,
    });
  });

  it("serves the library's and the application's task queues, unless it names some of them", () => {
    expect(loadWorker(worker).WORKER_TASK_QUEUES).toEqual(['jobs', 'mail', 'payments', 'bulk', 'services']);
    expect(loadWorkerConfig(worker, {}).WORKER_TASK_QUEUES).toEqual(['jobs', 'mail', 'bulk', 'services']);
    const some = { ...worker, WORKER_TASK_QUEUES: 'payments, bulk' };
    expect(loadWorker(some).WORKER_TASK_QUEUES).toEqual(['payments', 'bulk']);
    expect(problemsOf(() => loadWorkerConfig(some, {}))).toEqual([
      'WORKER_TASK_QUEUES: Invalid option: expected one of "jobs"|"mail"|"bulk"|"services"',
    ]);
  });

  it('takes the deployment and the version of a worker together', () => {
    const version = { WORKER_DEPLOYMENT: 'shop', WORKER_BUILD_ID: '1.4.0+b2' };
    expect(loadWorker({ ...worker, ...version })).toMatchObject(version);
    const together = ['WORKER_DEPLOYMENT, WORKER_BUILD_ID: must be set together, or neither of them'];
    expect(problemsOf(() => loadWorker({ ...worker, WORKER_BUILD_ID: '1.4.0' }))).toEqual(together);
    expect(problemsOf(() => loadWorker({ ...worker, WORKER_DEPLOYMENT: 'shop' }))).toEqual(together);
    expect(problemsOf(() => loadWorker({ ...worker, ...version, WORKER_DEPLOYMENT: 'my.shop' }))).toEqual([
      'WORKER_DEPLOYMENT: must consist of letters, digits, - and _, and have at most 100 characters',
    ]);
  });

  it('treats an empty variable as absent', () => {
    const empty = { NODE_ENV: 'development', DATABASE_URL: '', API_HOST: '', API_KEY: '' };
    expect(problemsOf(() => loadApiConfig(empty))).toEqual(['DATABASE_URL: is missing']);
  });

  it.each([
    ['90s', 90_000],
    ['5m', 300_000],
    ['1500ms', 1500],
    ['0s', 0],
  ])('reads the duration %s', (text, ms) => {
    expect(loadApiConfig({ ...api, API_SHUTDOWN_GRACE: text }).API_SHUTDOWN_GRACE).toBe(ms);
  });

  it.each([
    ['API_PORT', ['0x10', '1e3', '-1', '1.5', '70000', 'many']],
    ['DATABASE_POOL_SIZE', ['0', '0x10', '201']],
    ['PUBLIC_RATE_LIMIT_PER_MINUTE', ['1e3', '99999999999999999999']],
    ['API_HOST', ['127.0.0.1:3000', 'http://localhost', '[::1]', 'a b', '-']],
    ['API_METRICS_HOST', ['0.0.0.0:80', 'ü']],
    ['API_KEY', ['a key with spaces in it', 'a-key-with-umläuts', 'k'.repeat(1_001)]],
    ['BODY_TIMEOUT', ['0s', '0ms', '1S']],
    ['BULK_UPLOAD_IDLE', ['0s']],
    ['ENGINE_TIMEOUT', ['0s']],
    ['SESSION_TTL', ['59s']],
    ['API_BASE_PATH', ['/a/../b', '/.', 'ops', '//evil.example', '/a b', '/ops?x', 'http://localhost/ops']],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', ['localhost:4318', 'grpc://localhost:4317']],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', ['collector']],
    [
      'TEMPORAL_ADDRESS',
      [
        'http://localhost:7233',
        'localhost:port',
        'localhost:0',
        'localhost:70000',
        'a b',
        '[x]:7233',
        '::1',
        '-',
      ],
    ],
    ['TEMPORAL_NAMESPACE', ['orders\n']],
    ['TEMPORAL_UI_URL', ['http://localhost:8233/?a', 'http://localhost:8233/#a', 'localhost:8233']],
  ])('refuses what %s cannot be', (name, values) => {
    for (const value of values) {
      const problems = problemsOf(() => loadApiConfig({ ...api, ...keys, [name]: value }));
      expect(problems, value).toEqual([expect.stringMatching(`^${name}: must `)]);
    }
  });

  it.each([
    ['OUTBOX_STARTS_PER_SECOND', ['0', '-1', '1e9', '0x10', 'Infinity']],
    ['OUTBOX_RETENTION', ['59m']],
    ['WORKER_CACHED_JOBS', ['1', '0', '100001', '2.5', 'all']],
    ['MAIL_FROM', ['5', 'Shop', 'a@b.example, c@d.example', 'Shop <a@b.example> and others']],
    ['WORKER_HEALTH_HOST', ['127.0.0.1:3001']],
    ['DURABLE_JOBS_APPLY_SCHEDULES', ['TRUE', 'yes', '1']],
  ])('refuses what %s of a worker cannot be', (name, values) => {
    for (const value of values) {
      const problems = problemsOf(() => loadWorker({ ...worker, ...keys, [name]: value }));
      expect(problems, value).toEqual([expect.stringMatching(`^${name}: must `)]);
    }
  });

  it('takes numbers, hosts and addresses in every usual form', () => {
    expect(
      loadWorker({
        ...worker,
        OUTBOX_STARTS_PER_SECOND: '0.5',
        WORK_QUEUE_CONCURRENCY: ' 7 ',
        WORKER_HEALTH_HOST: '::1',
        MAIL_FROM: 'no-reply@mail',
      }),
    ).toMatchObject({
      OUTBOX_STARTS_PER_SECOND: 0.5,
      WORK_QUEUE_CONCURRENCY: 7,
      WORKER_HEALTH_HOST: '::1',
      MAIL_FROM: 'no-reply@mail',
    });
  });

  it.each(['5 minutes', '1500', '1M', '30d'])('refuses the duration %s', (text) => {
    expect(problemsOf(() => loadApiConfig({ ...api, BODY_TIMEOUT: text }))).toEqual([
      expect.stringMatching(/^BODY_TIMEOUT: must be/),
    ]);
  });

  it('accepts only one line of text, whatever the variable', () => {
    expect(problemsOf(() => loadApiConfig({ ...api, API_KEY: 'a key of sixteen or more\n' }))).toEqual([
      'API_KEY: must be one line without control characters',
    ]);
    expect(problemsOf(() => loadApiConfig({ ...api, API_KEY: 'a key of sixteen or m\ufffdre' }))).toEqual([
      'API_KEY: must be UTF-8',
    ]);
  });

  it('serves the local key on loopback alone', () => {
    const problems = problemsOf(() => loadApiConfig({ ...api, API_HOST: '0.0.0.0' }));
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['API_KEY', 'APP_SECRET']);
    const open = { ...api, API_HOST: '0.0.0.0', API_KEY: 'a-key-of-sixteen-or-more', APP_SECRET: secret };
    expect(loadApiConfig(open).apiKey).toBe('a-key-of-sixteen-or-more');
  });

  it('takes no key or secret of its own accord if nobody said that this is development', () => {
    const { NODE_ENV, ...unsaid } = api;
    expect(NODE_ENV).toBe('development');
    const names = problemsOf(() => loadApiConfig(unsaid)).map((problem) => problem.split(':')[0]);
    expect(names).toEqual(['API_KEY', 'APP_SECRET']);
  });

  it('requires its own secret in production', () => {
    expect(problemsOf(() => loadWorker({ ...worker, NODE_ENV: 'production' }))[0]).toMatch(/^APP_SECRET/);
    expect(problemsOf(() => loadWorker({ ...worker, NODE_ENV: 'production', APP_SECRET: secret }))).toEqual(
      [],
    );
  });

  it('reads the standard variables of Temporal', () => {
    const { temporal } = loadApiConfig({
      ...api,
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_NAMESPACE: 'orders',
      TEMPORAL_API_KEY: 'key',
    });
    expect(temporal.namespace).toBe('orders');
    expect(temporal.connection).toMatchObject({ address: 'temporal.example:7233', apiKey: 'key' });
  });

  it.each([
    'localhost',
    '127.0.0.1:7233',
    '[::1]:7233',
    'temporal_server:7233',
    'orders.a1b2c.tmprl.cloud:7233',
  ])('accepts the address of Temporal %s', (address) => {
    expect(loadApiConfig({ ...api, TEMPORAL_ADDRESS: address }).temporal.connection.address).toBe(address);
  });

  it.each([
    ['/', ''],
    ['/ops', '/ops'],
    ['/team/ops/', '/team/ops'],
  ])('reads the base path %s', (path, read) => {
    expect(loadApiConfig({ ...api, API_BASE_PATH: path }).API_BASE_PATH).toBe(read);
  });

  it('reports what several parts of an application find together', () => {
    const problems = problemsOf(() =>
      readTogether(
        () => loadWorkerConfig({ ...worker, TEMPORAL_ADDRESS: 'http://localhost', DATABASE_URL: 'db' }, {}),
        () => loadApiConfig({ ...api, DATABASE_URL: 'db' }),
        () => {
          throw new ConfigError(['HTTP_TARGETS_FILE: is not JSON']);
        },
      ),
    );
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'DATABASE_URL',
      'TEMPORAL_ADDRESS',
      'HTTP_TARGETS_FILE',
    ]);
    expect(
      readTogether(
        () => 1,
        () => 'two',
      ),
    ).toEqual([1, 'two']);
    const bug = new Error('a bug');
    expect(() =>
      readTogether(() => {
        throw bug;
      }),
    ).toThrow(bug);
  });

  it('knows loopback addresses', () => {
    expect(['127.0.0.1', '127.8.9.1', 'localhost', '::1'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '10.0.0.1', '127.evil.example'].some(isLoopback)).toBe(false);
  });

  it('reads the time zone of the business', () => {
    expect(loadWorker(worker).TIME_ZONE).toBe('UTC');
    expect(loadWorker({ ...worker, TIME_ZONE: 'Europe/Berlin' }).TIME_ZONE).toBe('Europe/Berlin');
    expect(problemsOf(() => loadWorker({ ...worker, TIME_ZONE: 'Mars/Olympus' }))).toEqual([
      'TIME_ZONE: must be an IANA time zone such as Europe/Berlin',
    ]);
  });
});

describe('a password that is given apart from its URL', () => {
  const urls = {
    ...worker,
    DATABASE_URL: 'postgres://jobs@localhost:5432/jobs?application_name=a%20b',
    AMQP_URL: 'amqp://jobs@localhost/orders',
    SMTP_URL: 'smtp://jobs@localhost:1025',
  };
  const withAll = (password: string) => ({
    ...urls,
    DATABASE_PASSWORD: password,
    AMQP_PASSWORD: password,
    SMTP_PASSWORD: password,
  });

  it.each([
    `@:/%#?'"\\ &=+;$[]{}`,
    '%41%zz%',
    ' spaces  around ',
    'p\u00e4ssw\u00f6rd \u{1f511}',
    '//host/:0@evil?password=x#y',
  ])('reaches the drivers as it is: %s', (password) => {
    const config = loadWorker(withAll(password));
    const client = new pg.Client({ connectionString: config.DATABASE_URL });
    expect(client).toMatchObject({ user: 'jobs', host: 'localhost', port: 5432, database: 'jobs', password });
    expect(parseAmqpUrl(config.AMQP_URL ?? '')).toMatchObject({ user: 'jobs', host: 'localhost', password });
    const { options } = createTransport({ url: config.SMTP_URL }).transporter as {
      options?: { host?: string; auth?: unknown };
    };
    expect(options).toMatchObject({ host: 'localhost', auth: { user: 'jobs', pass: password } });
  });

  it('is only in the URL', () => {
    const config = loadWorker(withAll('hunter2'));
    for (const name of ['DATABASE_PASSWORD', 'AMQP_PASSWORD', 'SMTP_PASSWORD'])
      expect(config).not.toHaveProperty(name);
    for (const load of [loadApiConfig, loadDatabaseConfig, loadPayloadKeysConfig, loadSchedulesConfig]) {
      const { DATABASE_URL = '' } = load(withAll('a@b'));
      expect(new URL(DATABASE_URL).password).toBe('a%40b');
    }
  });

  it('yields to a password in the URL, and is ignored without a URL', () => {
    const config = loadWorker({
      ...withAll('apart'),
      DATABASE_URL: 'postgres://jobs:inside@localhost/jobs',
      AMQP_URL: '',
    });
    expect(config.DATABASE_URL).toBe('postgres://jobs:inside@localhost/jobs');
    expect(config.AMQP_URL).toBeUndefined();
  });

  it('requires a user, and one line', () => {
    expect(
      problemsOf(() => loadWorker({ ...withAll('hunter2'), SMTP_URL: 'smtp://localhost:1025' })),
    ).toEqual(['SMTP_PASSWORD: requires a user name in SMTP_URL']);
    expect(problemsOf(() => loadApiConfig({ ...urls, DATABASE_PASSWORD: 'hunter2\n' }))).toEqual([
      'DATABASE_PASSWORD: must be one line without control characters',
    ]);
  });
});

describe('a variable in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'durable-jobs-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const apiKeyFile = file('api-key', 'a-key-of-sixteen-or-more\n');
  const secretFile = file('app-secret', secret);
  const open = { DATABASE_URL: 'postgres://jobs@db/jobs', API_HOST: '0.0.0.0' };

  it('is as good as one in the environment, for secrets and passwords alike', () => {
    const config = loadApiConfig({
      ...open,
      API_KEY_FILE: apiKeyFile,
      APP_SECRET_FILE: secretFile,
      DATABASE_PASSWORD_FILE: file('password', 'p@ss/word\r\n'),
      PAYLOAD_KEYS_FILE: file('payload-keys', `k1:${Buffer.alloc(32, 1).toString('base64')}\n`),
      TEMPORAL_API_KEY_FILE: file('temporal-key', 'cloud-key\n'),
    });
    expect(config).toMatchObject({ apiKey: 'a-key-of-sixteen-or-more', appSecret: secret });
    expect(config.DATABASE_URL).toBe('postgres://jobs:p%40ss%2Fword@db/jobs');
    expect(config.PAYLOAD_KEYS).toBeDefined();
    expect(config.temporal.connection).toMatchObject({ apiKey: 'cloud-key' });
  });

  it("is read for an application's own variables, and for every command", () => {
    const own = z.object({ TEA_KEY: headerText });
    expect(loadWorkerConfig({ ...worker, TEA_KEY_FILE: apiKeyFile }, {}, own).TEA_KEY).toBe(
      'a-key-of-sixteen-or-more',
    );
    const env = { DATABASE_URL_FILE: file('url', 'postgres://db/jobs\n') };
    expect(loadDatabaseConfig(env).DATABASE_URL).toBe('postgres://db/jobs');
    expect(loadSchedulesConfig(env).DATABASE_URL).toBe('postgres://db/jobs');
    expect(loadPayloadKeysConfig(env).DATABASE_URL).toBe('postgres://db/jobs');
  });

  it('keeps the meaning of a variable whose name ends in _FILE by itself', () => {
    const own = z.object({ TARGETS: z.string().optional(), TARGETS_FILE: z.string() });
    const env = { ...worker, TARGETS_FILE: '/nowhere' };
    expect(loadWorkerConfig(env, {}, own)).toMatchObject({ TARGETS_FILE: '/nowhere' });
  });

  it('leaves files of other programs alone', () => {
    expect(loadApiConfig({ ...api, SSL_CERT_FILE: '/nowhere', PGPASSFILE: '/nowhere' }).API_PORT).toBe(3000);
  });

  it('takes an empty name for an absent one', () => {
    expect(loadApiConfig({ ...api, API_KEY: 'a-key-of-sixteen-or-more', API_KEY_FILE: '' }).apiKey).toBe(
      'a-key-of-sixteen-or-more',
    );
  });

  it('names each file that cannot be used once, and neither its place nor what is in it', () => {
    const problems = problemsOf(() =>
      loadApiConfig({
        ...open,
        API_KEY: 'a-key-of-sixteen-or-more',
        API_KEY_FILE: apiKeyFile,
        APP_SECRET_FILE: join(folder, 'absent'),
        DATABASE_PASSWORD_FILE: folder,
        PAYLOAD_KEYS_FILE: file('empty', '\n'),
      }),
    );
    expect(problems.toSorted()).toEqual([
      'API_KEY_FILE: must not be set together with API_KEY',
      'APP_SECRET_FILE: must be a file that this process can read: ENOENT',
      'DATABASE_PASSWORD_FILE: must be a file that this process can read: EISDIR',
      'PAYLOAD_KEYS_FILE: must be a file that is not empty',
    ]);
  });

  it('is held to the rules of its variable', () => {
    const env = { ...open, APP_SECRET_FILE: secretFile, API_KEY_FILE: file('lines', 'one\ntwo\n') };
    expect(problemsOf(() => loadApiConfig(env))).toEqual([
      'API_KEY: must be one line without control characters',
    ]);
    expect(problemsOf(() => loadApiConfig({ ...env, API_KEY_FILE: file('short', 'short') }))).toEqual([
      'API_KEY: must have at least 16 characters',
    ]);
  });
});
