import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { execa } from 'execa';
import { z } from 'zod';
import { secondsSince, waitUntil } from '../../packages/durable-jobs/src/dev/wait.ts';

/**
 * Drives docker compose in a checkout whose `.env` contains the secrets, and prints a table of the results. It must run on the machine of
 * the Docker engine, because it calls the ports that are published there.
 */

/** Allows for a busy machine. */
const PATIENCE_MS = 300_000;

const SERVICE_IMAGE = 'durable-jobs:0.1.0';

/** The services that run until they are stopped. */
const lasting = [
  'mailpit',
  'postgresql',
  'temporal',
  'temporal-ui',
  'rabbitmq',
  'payment-sandbox',
  'worker',
  'api',
];

const checkout = process.argv[2] ?? process.exit(2);

/** Runs a step and prints its duration and result. */
async function step(what: string, run: () => Promise<string>): Promise<void> {
  const start = performance.now();
  const seen = await run();
  console.log(`${what.padEnd(32)} ${secondsSince(start).padStart(8)}   ${seen}`);
}

/**
 * Runs docker compose in the checkout and returns its output.
 * @throws if it fails.
 */
async function compose(...args: string[]): Promise<string> {
  // Variables of this shell would take precedence over those of .env.
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DOCKER_HOST: process.env.DOCKER_HOST,
    DOCKER_CONFIG: process.env.DOCKER_CONFIG,
  };
  const { stdout } = await execa('docker', ['compose', ...args], { cwd: checkout, env, extendEnv: false });
  return stdout;
}

const containerSchema = z.object({
  ID: z.string(),
  Service: z.string(),
  State: z.string(),
  Health: z.string(),
});
type Container = z.output<typeof containerSchema>;

async function containers(service?: string): Promise<Container[]> {
  const lines = await compose('ps', '--all', '--format', 'json', ...(service === undefined ? [] : [service]));
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => containerSchema.parse(JSON.parse(line)));
}

async function inspect(id: string, format: string): Promise<string> {
  return (await execa('docker', ['inspect', '--format', format, id])).stdout;
}

/** Waits until all containers of a service are healthy. */
async function untilHealthy(service: string): Promise<void> {
  await waitUntil(
    async () => {
      const found = await containers(service);
      return found.length > 0 && found.every(({ Health }) => Health === 'healthy');
    },
    { what: `${service} becomes healthy`, timeoutMs: PATIENCE_MS, intervalMs: 500 },
  );
}

/** Returns ports that are free now, because the usual ones may be in use. */
async function movePorts(names: readonly string[]): Promise<void> {
  const servers = names.map(() => createServer().listen(0, '127.0.0.1'));
  await waitUntil(() => servers.every(({ listening }) => listening), {
    what: 'free ports',
    timeoutMs: 5_000,
  });
  const ports = servers.map((server) => z.object({ port: z.int() }).parse(server.address()).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  const lines = names.map((name, index) => `${name}=${ports[index]}`);
  appendFileSync(join(checkout, '.env'), `${lines.join('\n')}\n`);
}

await movePorts([
  'PROMETHEUS_PORT',
  'ALERTMANAGER_PORT',
  'API_PORT',
  'TEMPORAL_PORT',
  'TEMPORAL_UI_PORT',
  'INBOX_PORT',
  'PAYMENT_SANDBOX_PORT',
  'RABBITMQ_UI_PORT',
]);
const env = parseEnv(readFileSync(join(checkout, '.env'), 'utf8'));

/**
 * Calls the API and returns its JSON.
 * @throws if it responds with an error.
 */
async function api(path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`http://127.0.0.1:${env.API_PORT}${path}`, {
    headers: { authorization: `Bearer ${env.API_KEY}`, 'content-type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
}

let people = 0;

/** Registers a person and returns the id when the welcome email is in the inbox. */
async function register(): Promise<string> {
  const email = `person-${++people}@example.com`;
  const { id } = await api('/api/auth/register', {
    email,
    name: 'Ada',
    password: 'correct horse battery staple',
  });
  await waitUntil(
    async () => {
      const inbox = await fetch(`http://127.0.0.1:${env.INBOX_PORT}/api/v1/search?query=to:${email}`);
      return (await inbox.text()).includes('Welcome');
    },
    { what: `the welcome email of ${email}`, timeoutMs: PATIENCE_MS },
  );
  return String(id);
}

/** Places an order by `path`, and waits until it is paid and completed. */
async function order(path: '/api/orders' | '/api/order-messages', userId: string): Promise<string> {
  const items = [{ sku: 'tea', quantity: 2, unitAmount: 450 }];
  const placed = await api(path, { userId, currency: 'EUR', items, paymentMethod: 'pm_card_visa' });
  const id = String(placed.orderId ?? placed.id);
  await waitUntil(async () => (await api(`/api/orders/${id}`)).status === 'completed', {
    what: `order ${id} is completed`,
    timeoutMs: PATIENCE_MS,
  });
  const ledger = await fetch(
    `http://127.0.0.1:${env.PAYMENT_SANDBOX_PORT}/_control/ledger?metadata[orderId]=${id}`,
  );
  const { charges } = z.object({ charges: z.array(z.unknown()) }).parse(await ledger.json());
  if (charges.length !== 1) throw new Error(`order ${id} was charged ${charges.length} times`);
  return 'completed, charged once';
}

/** Returns the jobs whose metrics Prometheus reads, when it knows where to send alerts. */
async function scraped(): Promise<string[]> {
  const prometheus = `http://127.0.0.1:${env.PROMETHEUS_PORT}/api/v1`;
  // Fails as long as there is none.
  z.object({ data: z.object({ activeAlertmanagers: z.array(z.unknown()).length(1) }) }).parse(
    await (await fetch(`${prometheus}/alertmanagers`)).json(),
  );
  const { data } = z
    .object({
      data: z.object({ activeTargets: z.array(z.object({ scrapePool: z.string(), health: z.string() })) }),
    })
    .parse(await (await fetch(`${prometheus}/targets?state=active`)).json());
  return data.activeTargets.filter(({ health }) => health === 'up').map(({ scrapePool }) => scrapePool);
}

/**
 * Kills the first process of a container as the machine's kernel would, so that its restart policy applies. The number of the process is
 * that of the engine's machine, which may be another one for this process.
 */
async function kill(service: string): Promise<void> {
  const [container] = await containers(service);
  if (container === undefined) throw new Error(`${service} has no container`);
  const pid = Number(await inspect(container.ID, '{{.State.Pid}}'));
  const onTheMachine = ['run', '--rm', '--pid=host', '--user=0', '--network=none'];
  await execa('docker', [...onTheMachine, SERVICE_IMAGE, 'sh', '-c', `kill -9 ${pid}`]);
  await waitUntil(async () => Number(await inspect(container.ID, '{{.State.Pid}}')) !== pid, {
    what: `${service} is killed`,
    timeoutMs: PATIENCE_MS,
  });
}

/** Counts the rows of a table of Temporal's. */
async function engineRows(table: string): Promise<string> {
  const query = ['psql', '--username=postgres', '--dbname=temporal', '--tuples-only', '--no-align'];
  return compose('exec', '--no-TTY', 'postgresql', ...query, `--command=SELECT count(*) FROM ${table}`);
}

/** Deletes everything that Docker Compose has created. */
async function down(): Promise<string> {
  await compose('--profile', '*', 'down', '--volumes', '--timeout', '10');
  const named = ['--quiet', '--filter', `name=${env.COMPOSE_PROJECT_NAME}`];
  const { stdout } = await execa('docker', ['volume', 'ls', ...named]);
  if (stdout !== '') throw new Error(`left: ${stdout}`);
  return 'nothing left';
}

let failed = false;
try {
  await step('docker compose build', async () => {
    await compose('build');
    const { stdout } = await execa('docker', [
      'image',
      'inspect',
      '--format',
      '{{.Size}} {{.Config.User}}',
      SERVICE_IMAGE,
    ]);
    const [size, user] = stdout.split(' ');
    return `${Math.round(Number(size) / 1e6)} MB, user ${user}`;
  });
  await step('up --wait', async () => {
    await compose('up', '--wait');
    const exited = (await containers()).filter(({ State }) => State === 'exited');
    return `exit 0, ${lasting.length} services healthy, ${exited.length} one-shot containers done`;
  });
  await step('rights', async () => {
    const user = (await compose('exec', '--no-TTY', 'worker', 'id', '-u')).trim();
    const write = compose('exec', '--no-TTY', 'worker', 'touch', '/app/written').then(
      () => 'writable',
      () => 'read-only',
    );
    return `uid ${user}, ${await write} root`;
  });
  let userId = '';
  await step('register', async () => {
    userId = await register();
    return 'welcome email in the inbox';
  });
  await step('order', () => order('/api/orders', userId));
  await step('order by message', () => order('/api/order-messages', userId));
  await step('up --wait prometheus alertmanager', async () => {
    await compose('up', '--wait', 'prometheus', 'alertmanager');
    await waitUntil(
      async () => (await scraped()).toSorted().join() === 'durable-jobs-api,durable-jobs-worker',
      {
        what: 'Prometheus reads the metrics of API and worker',
        timeoutMs: PATIENCE_MS,
        intervalMs: 1_000,
      },
    );
    return 'API and worker are scraped, alerts go to Alertmanager';
  });
  await step('unchanged up', async () => {
    const ids = async () =>
      (await containers())
        .filter(({ Service }) => lasting.includes(Service))
        .map(({ ID }) => ID)
        .toSorted()
        .join();
    const before = await ids();
    await compose('up', '--detach');
    if ((await ids()) !== before) throw new Error('an unchanged up recreated containers');
    return 'recreated nothing';
  });
  for (const service of lasting) {
    await step(`kill -9 ${service}`, async () => {
      await kill(service);
      const start = performance.now();
      await untilHealthy(service);
      const seconds = secondsSince(start);
      await register();
      return `healthy after ${seconds}; then an order: ${await order('/api/orders', userId)}`;
    });
  }
  await step('up --scale worker=3', async () => {
    await compose('up', '--detach', '--scale', 'worker=3');
    await untilHealthy('worker');
    return `${(await containers('worker')).length} workers healthy`;
  });
  for (const service of lasting.toReversed()) {
    await step(`stop ${service}`, async () => {
      await compose('stop', service);
      const codes = await Promise.all(
        (await containers(service)).map(({ ID }) => inspect(ID, '{{.State.ExitCode}}')),
      );
      return `exit ${codes.join(', ')}`;
    });
  }
  await step('down --volumes', down);
  await step('up --wait, by-priority', async () => {
    appendFileSync(join(checkout, '.env'), 'TEMPORAL_DISPATCH=by-priority\n');
    await compose('up', '--wait');
    const id = await register();
    const { jobId } = await api('/api/jobs', {
      type: 'refreshStatistics',
      priority: 1,
      fairness: { key: 'statistics' },
    });
    await waitUntil(async () => (await api(`/api/jobs/${String(jobId)}`)).status === 'completed', {
      what: `${String(jobId)} is completed`,
      timeoutMs: PATIENCE_MS,
    });
    const seen = await order('/api/orders', id);
    const queues = Number(await engineRows('task_queues_v2'));
    if (queues === 0) throw new Error('the engine has no fair task queue');
    return `a job of priority 1: completed; then an order: ${seen}; ${queues} fair task queues`;
  });
} catch (error) {
  failed = true;
  console.error(error instanceof Error ? error.message : error);
  console.error(await compose('ps', '--all').catch(String));
  console.error(await compose('logs', '--tail', '20').catch(String));
} finally {
  await step('down --volumes', down);
}
process.exit(failed ? 1 : 0);
