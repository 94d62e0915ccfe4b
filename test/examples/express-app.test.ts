import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { runTask } from '../../packages/durable-jobs/src/dev/executables.ts';
import { reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { startProcess, type RunningProcess } from '../../packages/durable-jobs/src/dev/supervised-process.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/jobs.ts';
import { registerNamespace } from '../support/namespace.ts';
import { packLibrary } from '../support/packed-library.ts';
import { resolvePythonEnvironment } from '../support/servers/python-environment.ts';

/** An installation from the registry over a slow line. */
const INSTALL_MS = 400_000;
const PATIENCE_MS = 180_000;
const example = fileURLToPath(new URL('../../examples/express-app', import.meta.url));
const python = await resolvePythonEnvironment('psycopg', () => undefined);

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const closers: (() => unknown)[] = [];
let folder: string;
let env: NodeJS.ProcessEnv;
let url: string;
let db: pg.Pool;
let worker: RunningProcess;
/** The calls that the accountants received, with the signature verified. */
const calls: { id: string; invoiceId: string }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'express-app-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  await install(await packLibrary());

  const database = await createTestDatabase('template0');
  closers.push(database.drop);
  const { namespace, close } = await registerNamespace(inject('temporalAddress'));
  closers.push(close);
  const accounting = await startAccounting();
  closers.push(() => accounting.close());
  const ports = await Promise.all([reservePort(), reservePort()]);
  closers.push(...ports.map(({ release }) => release));
  url = `http://127.0.0.1:${ports[0].port}`;
  env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NODE_ENV: 'development',
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: namespace,
    ACCOUNTING_URL: `http://127.0.0.1:${(accounting.address() as AddressInfo).port}`,
    ACCOUNTING_SECRET: secret,
    PORT: String(ports[0].port),
    WORKER_HEALTH_PORT: String(ports[1].port),
  };
  await runTask('npm', ['run', '--silent', 'migrate'], { cwd: folder, env, timeoutMs: PATIENCE_MS });
  db = new pg.Pool({ connectionString: database.url, max: 2 });
  closers.push(() => db.end());
  const [started, app] = await Promise.all([startWorker(), start('app', `${url}/ops/healthz`)]);
  worker = started;
  closers.push(
    () => worker.stop(),
    () => app.stop(),
  );
}, INSTALL_MS + 600_000);
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

/** Copies the example into an empty folder and installs it with the packed library. */
async function install(tarball: string): Promise<void> {
  await cp(example, folder, { recursive: true });
  const manifest = join(folder, 'package.json');
  const content = JSON.parse(await readFile(manifest, 'utf8')) as { dependencies: Record<string, string> };
  content.dependencies['durable-jobs'] = `file:${tarball}`;
  await writeFile(manifest, JSON.stringify(content));
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline'];
  await runTask('npm', args, { cwd: folder, timeoutMs: INSTALL_MS });
}

function start(name: 'app' | 'worker', readyUrl: string): Promise<RunningProcess> {
  return startProcess({
    name,
    command: process.execPath,
    args: ['--import', 'tsx', `${name}.ts`],
    cwd: folder,
    env,
    channel: false,
    logFile: join(folder, `${name}.log`),
    isReady: async (signal) => (await fetch(readyUrl, { signal })).ok,
    readyTimeoutMs: 120_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 40_000,
  });
}

const startWorker = (): Promise<RunningProcess> =>
  start('worker', `http://127.0.0.1:${env.WORKER_HEALTH_PORT}/readyz`);

/** The accountants' server: it is unavailable at first, and then accepts what is signed. */
async function startAccounting(): Promise<Server> {
  let isAway = true;
  const server = createServer((request, response) => {
    void receive(request).then((status) => {
      response.writeHead(status, status === 503 ? { 'Retry-After': '1' } : {}).end();
    });
  });
  const receive = async (request: IncomingMessage): Promise<number> => {
    const body = await text(request);
    if (isAway) {
      isAway = false;
      return 503;
    }
    const { invoiceId } = new Webhook(secret).verify(body, request.headers as Record<string, string>) as {
      invoiceId: string;
    };
    calls.push({ id: String(request.headers['webhook-id']), invoiceId });
    return 204;
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: 'Bearer local-dev-key', 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const content = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${content}`);
  return content === '' ? {} : (JSON.parse(content) as Record<string, unknown>);
}

interface Invoice {
  id: string;
  jobs: string[];
}

const newInvoice = async (remindIn: string): Promise<Invoice> =>
  (await call('POST', '/invoices', { customer: 'Ada', amountMinor: 450, remindIn })) as unknown as Invoice;

const becomes = (path: string, wanted: object): Promise<void> =>
  eventually(async () => expect(await call('GET', path)).toMatchObject(wanted), PATIENCE_MS);

const count = async (table: string, invoiceId: string, where = 'true'): Promise<number> => {
  const { rows } = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${table} WHERE invoice_id = $1 AND ${where}`,
    [invoiceId],
  );
  return rows[0]?.count ?? 0;
};

describe('an Express application that has installed the library', { timeout: 600_000 }, () => {
  it('compiles against the types of the package', async () => {
    await runTask('npm', ['run', '--silent', 'typecheck'], { cwd: folder, timeoutMs: 400_000 });
  });

  it('has fewer than 200 lines of code', async () => {
    const files = (await readdir(example, { recursive: true })).filter((name) => name.endsWith('.ts'));
    const sources = await Promise.all(files.map((name) => readFile(join(example, name), 'utf8')));
    const isCode = (line: string): boolean => !/^\s*($|\/\/|\/\*\*|\*)/.test(line);
    expect(sources.join('\n').split('\n').filter(isCode).length).toBeLessThan(200);
  });

  it('runs a job that a request has enqueued, and calls an endpoint until it takes the call', async () => {
    const { id, jobs } = await newInvoice('0s');
    await becomes(`/ops/api/jobs/send-invoice-reminder:${id}`, {
      status: 'completed',
      result: { sent: true },
    });
    expect(await count('letters', id)).toBe(1);
    expect(jobs).toHaveLength(2);
    await eventually(
      () => expect(calls.filter(({ invoiceId }) => invoiceId === id)).toHaveLength(1),
      PATIENCE_MS,
    );
  });

  it('shows all links below its mount path', async () => {
    const { id } = await newInvoice('7d');
    const job = await call('GET', `/ops/api/jobs/send-invoice-reminder:${id}`);
    expect(job).toMatchObject({
      status: 'scheduled',
      links: { self: `/ops/api/jobs/send-invoice-reminder:${id}` },
    });
    const page = await fetch(`${url}/ops/`, {
      headers: { authorization: 'Bearer local-dev-key', accept: 'text/html' },
    });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('/ops/');
  });

  it('does every effect once when its worker is killed in the middle of it', async () => {
    const invoices = await Promise.all(Array.from({ length: 5 }, () => newInvoice('7d')));
    const ids = invoices.map(({ id }) => id);
    // Locking the rows stops every job in the middle of its work.
    const holder = await db.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM invoices WHERE id = ANY($1) FOR UPDATE', [ids]);
    const reminders = await Promise.all(
      ids.map((invoiceId) =>
        call('POST', '/ops/api/jobs', {
          type: 'sendInvoiceReminder',
          input: { invoiceId },
          dedupeKey: `now-${invoiceId}`,
        }),
      ),
    );
    for (const id of ids) await call('POST', `/invoices/${id}/collect`);
    const items = await Promise.all(
      ids.map((invoiceId) =>
        call('POST', '/ops/api/work-items', {
          kind: 'record-payment',
          payload: { invoiceId, amountMinor: 5 },
        }),
      ),
    );
    await eventually(async () => {
      const { rows } = await db.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(rows.length).toBeGreaterThan(ids.length);
    }, PATIENCE_MS);

    process.kill(worker.pid, 'SIGKILL');
    await worker.exited;
    await holder.query('ROLLBACK');
    holder.release();
    worker = await startWorker();

    for (const { jobId } of reminders)
      await becomes(`/ops/api/jobs/${String(jobId)}`, { status: 'completed' });
    for (const id of ids) {
      await becomes(`/ops/api/jobs/collect-invoice:${id}`, {
        status: 'completed',
        result: { amountMinor: 450 },
      });
      expect(await count('letters', id, `kind = 'receipt'`)).toBe(1);
      expect(await count('letters', id, `kind = 'reminder'`)).toBeLessThanOrEqual(1);
      expect(await count('bookings', id, `key LIKE 'collect:%'`)).toBe(1);
    }
    for (const { id } of items) await becomes(`/ops/api/work-items/${String(id)}`, { status: 'completed' });
    for (const id of ids) expect(await count('bookings', id, `key NOT LIKE 'collect:%'`)).toBe(1);
  });

  it('takes work items and starts by SQL, in the transaction of the rows that they are about', async () => {
    const { id } = await newInvoice('7d');
    await db.query(
      `WITH due AS (UPDATE invoices SET due_at = now() - interval '1 day' WHERE id = $1)
       SELECT durable_jobs.enqueue('collectInvoice', jsonb_build_object('invoiceId', $1::text))`,
      [id],
    );
    await db.query(
      `INSERT INTO durable_jobs.work_items (kind, payload)
       VALUES ('record-payment', jsonb_build_object('invoiceId', $1::text, 'amountMinor', 7))`,
      [id],
    );
    await becomes(`/ops/api/jobs/collect-invoice:${id}`, { status: 'completed' });
    await eventually(async () => expect(await count('bookings', id)).toBe(2), PATIENCE_MS);
  });

  it('reminds of every overdue invoice by a bulk job that a schedule starts', async () => {
    const invoices = await Promise.all([newInvoice('7d'), newInvoice('7d')]);
    for (const { id } of invoices) await db.query('UPDATE invoices SET due_at = now() WHERE id = $1', [id]);
    expect(await call('GET', '/ops/api/schedules/remind-overdue')).toMatchObject({ paused: false });
    await call('POST', '/ops/api/schedules/remind-overdue/trigger', {});
    for (const { id } of invoices)
      await eventually(async () => expect(await count('letters', id)).toBe(1), PATIENCE_MS);
  });

  it.skipIf(python.bin === undefined)(
    `starts jobs from Python, by SQL and over REST ${python.howToGet ?? ''}`,
    async () => {
      const { id } = await newInvoice('7d');
      const script = join(folder, 'python', 'remind.py');
      await runTask(join(python.bin ?? '', 'python'), [script, id], {
        env: { ...env, OPS_URL: `${url}/ops`, API_KEY: 'local-dev-key' },
        timeoutMs: PATIENCE_MS,
      });
      for (const by of ['sql', 'rest'])
        await becomes(`/ops/api/jobs/send-invoice-reminder:by-${by}-${id}`, { status: 'completed' });
    },
  );
});
