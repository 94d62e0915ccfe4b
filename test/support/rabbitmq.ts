import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  startProcess,
  type ProcessSpec,
  type RunningProcess,
} from '../../packages/durable-jobs/src/dev/supervised-process.ts';
import { isAlive } from '../../packages/durable-jobs/src/dev/is-alive.mjs';
import type { Part } from './servers/time-skipping-server.ts';
import { withPassword } from '../../packages/durable-jobs/src/config/url-password.ts';

const run = promisify(execFile);

const USER = 'durable_jobs';
/** With every character that has a meaning in URLs, in shells or in RabbitMQ's configuration. */
const PASSWORD = `of the tests @:/%#?'"\\$HOME`;

/** The folder of RabbitMQ's own start script, instead of Debian's wrapper, which changes the user and the folders. */
const SCRIPTS = [
  '/usr/lib/rabbitmq/bin/rabbitmq-server',
  '/opt/homebrew/sbin/rabbitmq-server',
  '/usr/local/sbin/rabbitmq-server',
];

/** How to reach a RabbitMQ, or how to install one. */
export type RabbitMqPart =
  | (Pick<RabbitMq, 'amqpUrl' | 'tlsUrl' | 'managementUrl' | 'queueAddress'> & { howToGet?: undefined })
  | { amqpUrl?: undefined; tlsUrl?: undefined; queueAddress?: undefined; howToGet: string };

/** A RabbitMQ of a test run, with its own data, names and ports, separate from the machine's own service. */
export interface RabbitMq {
  amqpUrl: string;
  /** Where it requires TLS and the certificate of a client. */
  tlsUrl: string;
  /** The address of its management API. */
  managementUrl: string;
  /** The address of the queue of orders, which depends on its version. */
  queueAddress: string;
  /** Stops it in an orderly way; its messages are kept. */
  stop: () => Promise<void>;
  /** Starts it again with its messages. */
  start: () => Promise<void>;
  /** Freezes it, like a machine that stops responding, or lets it continue. */
  signal: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  /** Ends it immediately, like a power cut; the messages that it has confirmed are kept. */
  kill: () => Promise<void>;
  isAlive: () => boolean;
  /** Stops it, and the helper process of Erlang. */
  close: () => Promise<void>;
}

/** Whether RabbitMQ is installed, as a part that may be missing. RABBITMQ_SERVER names the start script of another version. */
export function resolveRabbitMq(): Part {
  const script = process.env.RABBITMQ_SERVER ?? findScript();
  if (script && findEpmd()) return { path: script };
  return {
    howToGet:
      'RabbitMQ is not installed. Debian and Ubuntu: apt-get install --no-install-recommends rabbitmq-server ' +
      '(the tests start their own; its service may stay stopped)',
  };
}

/** Starts a RabbitMQ with the topology of deploy/rabbitmq, with its data in `dir`. */
export async function startRabbitMq(options: {
  script: string;
  dir: string;
  /** Five free ports: AMQP, AMQP with TLS, management, and two of Erlang's. */
  ports: readonly [number, number, number, number, number];
}): Promise<RabbitMq> {
  const { dir } = options;
  const [amqpPort, tlsPort, managementPort, distributionPort, epmdPort] = options.ports;
  const epmdPath = findEpmd();
  if (!epmdPath) throw new Error('epmd is missing');
  mkdirSync(join(dir, 'home'), { recursive: true });
  writeFileSync(join(dir, 'enabled_plugins'), '[rabbitmq_management,rabbitmq_amqp1_0].\n');
  for (const name of ['ca', 'server', 'server.key']) {
    const certificate = fileURLToPath(new URL(`certificates/${name}.pem`, import.meta.url));
    copyFileSync(certificate, join(dir, `${name}.pem`));
  }
  writeFileSync(
    join(dir, 'rabbitmq.conf'),
    [
      'management.tcp.ip = 127.0.0.1',
      `management.tcp.port = ${managementPort}`,
      `listeners.ssl.1 = 127.0.0.1:${tlsPort}`,
      `ssl_options.cacertfile = ${join(dir, 'ca.pem')}`,
      `ssl_options.certfile = ${join(dir, 'server.pem')}`,
      `ssl_options.keyfile = ${join(dir, 'server.key.pem')}`,
      'ssl_options.verify = verify_peer',
      'ssl_options.fail_if_no_peer_cert = true',
      // The machine of a test may be short of both; RabbitMQ would stop accepting messages.
      'vm_memory_high_watermark.relative = 0.9',
      'disk_free_limit.absolute = 50MB',
      '',
    ].join('\n'),
  );
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    ERL_CRASH_DUMP: join(dir, 'erl_crash.dump'),
    // Its cookie exists.
    HOME: join(dir, 'home'),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_NODENAME: `durable-jobs-${amqpPort}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(amqpPort),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
    RABBITMQ_LOG_BASE: join(dir, 'log'),
    RABBITMQ_LOGS: '-',
    // As docker compose sets them.
    RABBITMQ_DEFAULT_USER: USER,
    RABBITMQ_DEFAULT_PASS: PASSWORD,
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(dir, 'none'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  };
  const managementUrl = `http://127.0.0.1:${managementPort}`;
  const isUp = async (signal: AbortSignal): Promise<boolean> =>
    (await management(managementUrl, '/api/health/checks/local-alarms', { signal })).ok;
  const spec: ProcessSpec = {
    name: 'RabbitMQ',
    command: options.script,
    args: [],
    env,
    logFile: join(dir, 'rabbitmq.log'),
    isReady: isUp,
    readyTimeoutMs: 120_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 30_000,
  };
  const epmd = await startProcess({
    name: 'epmd',
    command: epmdPath,
    args: ['-address', '127.0.0.1', '-port', String(epmdPort)],
    env,
    logFile: join(dir, 'epmd.log'),
    isReady: async () => {
      await run(epmdPath, ['-port', String(epmdPort), '-names']);
      return true;
    },
    readyTimeoutMs: 20_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 5_000,
  });
  let node: RunningProcess;
  let queueAddress: string;
  try {
    node = await startProcess(spec);
    await applyTopology(managementUrl);
    const overview = await (await management(managementUrl, '/api/overview')).json();
    const { rabbitmq_version: version } = overview as { rabbitmq_version: string };
    queueAddress = version.startsWith('3.') ? '/amq/queue/orders-queue' : '/queues/orders-queue';
  } catch (error) {
    await epmd.stop();
    throw error;
  }
  return {
    amqpUrl: withPassword(`amqp://${USER}@127.0.0.1:${amqpPort}`, PASSWORD),
    tlsUrl: withPassword(`amqps://${USER}@127.0.0.1:${tlsPort}`, PASSWORD),
    managementUrl,
    queueAddress,
    stop: async () => {
      await node.stop();
    },
    start: async () => {
      node = await startProcess(spec);
    },
    signal: (signal) => process.kill(-node.pid, signal),
    kill: async () => {
      process.kill(-node.pid, 'SIGKILL');
      await node.exited;
    },
    isAlive: () => isAlive(node.pid),
    close: async () => {
      await node.stop();
      await epmd.stop();
    },
  };
}

/** Sends a request to a test's RabbitMQ over its management API. */
export function management(
  url: string,
  path: string,
  { signal, method = 'GET', body }: { signal?: AbortSignal; method?: string; body?: unknown } = {},
): Promise<Response> {
  return fetch(url + path, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
}

/**
 * Creates a virtual host with separate queues, so that test files do not take each other's messages. Returns its URL, and a function that
 * returns how many messages a queue contains.
 */
export async function createVirtualHost(
  part: Pick<RabbitMq, 'amqpUrl' | 'managementUrl' | 'queueAddress'>,
): Promise<{
  amqpUrl: string;
  queueAddress: string;
  bodiesIn: (queue: string) => Promise<string[]>;
  remove: () => Promise<void>;
}> {
  const name = `test-${randomUUID()}`;
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await management(part.managementUrl, path, { method, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} returned ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  await ask('PUT', `/api/vhosts/${name}`);
  await ask('PUT', `/api/permissions/${name}/${USER}`, { configure: '.*', write: '.*', read: '.*' });
  const definitions = readFileSync(definitionsFile, 'utf8').replaceAll('"vhost": "/"', `"vhost": "${name}"`);
  await ask('POST', '/api/definitions', JSON.parse(definitions));
  return {
    amqpUrl: `${part.amqpUrl}/${name}`,
    queueAddress: part.queueAddress,
    bodiesIn: async (queue) => {
      const messages = await ask('POST', `/api/queues/${name}/${encodeURIComponent(queue)}/get`, {
        count: 5_000,
        ackmode: 'ack_requeue_true',
        encoding: 'auto',
      });
      return (messages as { payload: string }[]).map(({ payload }) => payload);
    },
    remove: async () => {
      await ask('DELETE', `/api/vhosts/${name}`);
    },
  };
}

const definitionsFile = fileURLToPath(new URL('../../deploy/rabbitmq/definitions.json', import.meta.url));
const setupFile = fileURLToPath(new URL('../../deploy/rabbitmq/setup.mjs', import.meta.url));

/** Creates the queues as docker compose does. */
async function applyTopology(managementUrl: string): Promise<void> {
  await run(process.execPath, [setupFile], {
    env: { RABBITMQ_MANAGEMENT_URL: managementUrl, RABBITMQ_USER: USER, RABBITMQ_PASSWORD: PASSWORD },
  });
}

function findScript(): string | undefined {
  return SCRIPTS.find((path) => existsSync(path) && !readFileSync(path, 'utf8').includes('script-wrapper'));
}

function findEpmd(): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'epmd'))
    .find((path) => existsSync(path));
}
