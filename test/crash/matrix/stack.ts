import { chmodSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { sql } from 'kysely';
import { applyChanges, planSchedules, withoutTurns } from 'durable-jobs/schedules';
import { buildTemporal } from '../../../local/build-temporal.ts';
import { migrateToLatest } from '../../../domain/database/migrate.ts';
import type { Database, Db } from '../../../domain/database/schema.ts';
import { connectDatabase } from '../../../packages/durable-jobs/src/database/connect.ts';
import { isAlive } from '../../../packages/durable-jobs/src/dev/is-alive.mjs';
import { guardFolder, releaseFolder } from '../../../packages/durable-jobs/src/dev/guard.ts';
import { reservePort } from '../../../packages/durable-jobs/src/dev/ports.ts';
import { preparePostgres } from '../../../packages/durable-jobs/src/dev/postgres.ts';
import { startProcess, type ProcessSpec } from '../../../packages/durable-jobs/src/dev/supervised-process.ts';
import { resolveTemporalCli } from '../../../packages/durable-jobs/src/dev/temporal-cli.ts';
import { temporalServerSpec } from '../../../packages/durable-jobs/src/dev/temporal-server.ts';
import { createLogger } from '../../../packages/durable-jobs/src/telemetry/logger.ts';
import { loadDefinitions } from '../../../schedules/definitions.ts';
import { descendants } from '../../support/descendants.ts';
import { startServiceProcess } from '../../support/service-process.ts';
import { openLink, type Link } from './link.ts';
import { SOLD_OUT_SKU } from './load/orders.ts';
import { INITIAL_STOCK, stockSkus } from './load/work-item.ts';
import { createInbox, type Inbox } from './mail-server/inbox.ts';
import { paymentSandboxSpec } from './payment-sandbox.ts';

/** A process of the stack that a fault may end or freeze, and that is started again. */
export interface StackProcess {
  /** `kill -9`; nothing if it has ended by itself. */
  kill: () => Promise<void>;
  start: () => Promise<void>;
  /** Signals it and the processes that it has started. */
  signal: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  isAlive: () => boolean;
}

export type ProcessName =
  'api' | 'worker 1' | 'worker 2' | 'engine' | 'database' | 'broker' | 'mail server' | 'payment provider';
export type LinkName = 'api' | 'engine' | 'database' | 'mail server' | 'payment provider' | 'broker';

/** The parts of a run: processes that faults end, and the links through which they reach each other. */
export interface MatrixStack {
  /** The API as its callers reach it, through its link, and without one. */
  url: string;
  directUrl: string;
  /** The database without its link. */
  databaseUrl: string;
  db: Db;
  /** The engine without its link. */
  client: Client;
  inbox: Inbox;
  /** The payment provider without its link. */
  sandboxUrl: string;
  processes: WithoutBroker<ProcessName, StackProcess>;
  links: WithoutBroker<LinkName, Link>;
  /** The file system of the database, if it is a small one that a fault may fill. */
  smallDisk?: string | undefined;
  /** The bundle of the workflows that the workers run. */
  workflowBundle: { codePath: string };
  logFolder: string;
  close: () => Promise<void>;
}

/** Things by name; the broker's may be missing. */
type WithoutBroker<Name extends string, T> = Record<Exclude<Name, 'broker'>, T> & { broker?: T };

/** What a stack is made of besides its own processes. */
export interface StackParts {
  /** The folder of the compiled sources, see test/support/build-sources.ts. */
  sources: string;
  /** A RabbitMQ; by default, the queue is in PostgreSQL. */
  amqp?: { url: string; queue: string; process?: StackProcess } | undefined;
  /** A folder on a small file system, for the database. */
  smallDisk?: string | undefined;
}

/** Payments and resets do not wait as long as in production, so that a round ends within minutes. */
const settings = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'info',
  APP_SECRET: 'a secret of the crash matrix, with more than 32 characters',
  STRIPE_API_KEY: 'sk_test_sandbox',
  PASSWORD_RESET_DELAY: '3s',
  PAYMENT_TIMEOUT: '5s',
  PAYMENTS_PER_SECOND: '1000',
  OUTBOX_STARTS_PER_SECOND: '1000',
  PUBLIC_RATE_LIMIT_PER_MINUTE: '100000',
};

/** A process is started again for this long: the database when what is left of its predecessor has ended, others when it is back. */
const START_MS = 180_000;

/** Starts everything. */
export async function startMatrixStack({ sources, amqp, smallDisk }: StackParts): Promise<MatrixStack> {
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'durable-jobs-matrix-'));
    // PostgreSQL may run as another user, who must be able to pass through.
    chmodSync(folder, 0o711);
    guardFolder(folder);
    closers.push(async () => {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      releaseFolder(folder);
    });
    const logs = join(folder, 'logs');
    await mkdir(logs);
    const port = async (): Promise<number> => {
      const reserved = await reservePort();
      closers.push(reserved.release);
      return reserved.port;
    };
    const link = async (target: number): Promise<Link> => {
      const opened = await openLink(target);
      closers.push(opened.close);
      return opened;
    };
    const run = async (start: Starter): Promise<StackProcess> => {
      let running = await startPatiently(start);
      closers.push(async () => {
        // A frozen process cannot stop.
        signalAll(running.pid, 'SIGCONT');
        await running.stop();
      });
      return {
        kill: async () => {
          if (!isAlive(running.pid)) return;
          process.kill(running.pid, 'SIGKILL');
          await running.ended;
        },
        start: async () => {
          running = await startPatiently(start);
        },
        signal: (signal) => signalAll(running.pid, signal),
        isAlive: () => isAlive(running.pid),
      };
    };

    const databasePort = await port();
    const prepared = await preparePostgres({
      dir: join(smallDisk ?? folder, 'postgres'),
      port: databasePort,
      logFile: join(logs, 'database.log'),
      database: 'durable_jobs',
      // What is committed survives the death of the process.
      durable: true,
    });
    const enginePort = await port();
    const engineSpec = temporalServerSpec({
      executable: (await resolveTemporalCli(() => undefined, { build: buildTemporal })).path,
      port: enginePort,
      uiPort: await port(),
      logFile: join(logs, 'engine.log'),
      dbFile: join(folder, 'temporal.db'),
    });
    const [database, engine] = await Promise.all([
      run(() => startServer(prepared.spec)),
      run(() => startServer(engineSpec)),
    ]);
    await migrateToLatest(prepared.url);
    const quiet = createLogger('crash', 'silent');
    const db = connectDatabase<Database>(prepared.url, {
      poolSize: 6,
      logger: quiet,
      applicationName: 'crash',
    });
    closers.push(() => db.destroy());
    await countProductWrites(db);
    await db
      .insertInto('stockLevels')
      .values([
        ...stockSkus.map((sku) => ({ sku, available: INITIAL_STOCK })),
        { sku: SOLD_OUT_SKU, available: 0 },
      ])
      .execute();
    const connection = await Connection.connect({ address: `127.0.0.1:${enginePort}` });
    closers.push(() => connection.close());
    const client = new Client({ connection });
    const changes = await planSchedules(client, quiet, loadDefinitions('UTC'), new Map());
    await applyChanges(client, quiet, changes, withoutTurns);

    const mailPort = await port();
    const inbox = createInbox({ folder, port: mailPort, logFile: join(logs, 'mail-server.log') });
    const sandboxPort = await port();
    const sandboxSpec = paymentSandboxSpec({
      sources,
      port: sandboxPort,
      stateFile: join(folder, 'payments.jsonl'),
      logFile: join(logs, 'payment-provider.log'),
    });
    const [mailServer, paymentProvider] = await Promise.all([
      run(() => startServer(inbox.spec)),
      run(() => startServer(sandboxSpec)),
    ]);

    const apiPort = await port();
    const links = {
      api: await link(apiPort),
      engine: await link(enginePort),
      database: await link(databasePort),
      'mail server': await link(mailPort),
      'payment provider': await link(sandboxPort),
      ...(amqp && { broker: await link(Number(new URL(amqp.url).port)) }),
    };
    const env = {
      ...settings,
      DATABASE_URL: through(links.database, prepared.url),
      TEMPORAL_ADDRESS: `127.0.0.1:${links.engine.port}`,
      SMTP_URL: `smtp://127.0.0.1:${links['mail server'].port}`,
      STRIPE_API_URL: `http://127.0.0.1:${links['payment provider'].port}`,
      ...(amqp &&
        links.broker && {
          AMQP_URL: through(links.broker, amqp.url),
          AMQP_QUEUE: amqp.queue,
          AMQP_IDLE_TIMEOUT: '10s',
        }),
    };
    const service = (role: 'api' | 'worker', at: number): Promise<StackProcess> =>
      run(() => startServiceProcess({ role, sources, env, port: at, logFolder: logs }));
    const [api, worker1, worker2] = await Promise.all([
      service('api', apiPort),
      service('worker', await port()),
      service('worker', await port()),
    ]);
    return {
      url: `http://127.0.0.1:${links.api.port}`,
      directUrl: `http://127.0.0.1:${apiPort}`,
      databaseUrl: prepared.url,
      db,
      client,
      inbox,
      sandboxUrl: `http://127.0.0.1:${sandboxPort}`,
      processes: {
        api,
        'worker 1': worker1,
        'worker 2': worker2,
        engine,
        database,
        'mail server': mailServer,
        'payment provider': paymentProvider,
        ...(amqp?.process && { broker: amqp.process }),
      },
      links,
      smallDisk,
      workflowBundle: { codePath: join(sources, 'workflow-bundle.js') },
      logFolder: logs,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Starter = () => Promise<Started>;
interface Started {
  pid: number;
  ended: Promise<unknown>;
  stop: () => Promise<unknown>;
}

async function startServer(spec: ProcessSpec): Promise<Started> {
  const { pid, exited, stop } = await startProcess(spec);
  return { pid, ended: exited, stop };
}

/** Starts a process as a supervisor does: again and again, if a part that it needs is away. */
async function startPatiently(start: Starter): Promise<Started> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}

/** Signals a process and those that it has started, which may be in other groups, as those of PostgreSQL. */
function signalAll(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  for (const one of [pid, ...descendants(pid)]) {
    try {
      process.kill(one, signal);
    } catch {
      // It has ended.
    }
  }
}

/** A URL with the port of a link in place of its own. */
function through(link: Link, url: string): string {
  const parsed = new URL(url);
  parsed.port = String(link.port);
  return parsed.href;
}

/** Notes each committed write of a product by a trigger, so that an item that is applied twice is seen. */
async function countProductWrites(db: Db): Promise<void> {
  await sql`CREATE TABLE product_writes (sku text NOT NULL)`.execute(db);
  await sql`
    CREATE FUNCTION note_product_write() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO product_writes VALUES (NEW.sku); RETURN NULL; END $$`.execute(db);
  await sql`
    CREATE TRIGGER note_product_write AFTER INSERT OR UPDATE ON products
    FOR EACH ROW EXECUTE FUNCTION note_product_write()`.execute(db);
}
