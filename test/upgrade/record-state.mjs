/**
 * Records the state of a release for the test of upgrades: `node test/upgrade/record-state.mjs CHECKOUT FOLDER`. CHECKOUT is a checkout of
 * the release with its dependencies installed. Its stack is started with a mail server that is unavailable, is given open jobs of every
 * kind, and is frozen in the middle of its work; what is recorded then is what a power cut would have left. FOLDER gets `rows.json.gz`
 * (every table, by name), `engine/` (the engine's SQLite file and its write-ahead log), `payment-sandbox.jsonl.gz`, and `ids.json`, which
 * names what the test looks for.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

const [checkout, folder] = process.argv.slice(2).map((path) => resolve(path));
if (checkout === undefined || folder === undefined) {
  console.error('usage: node test/upgrade/record-state.mjs CHECKOUT FOLDER');
  process.exit(2);
}
const pg = createRequire(join(checkout, 'package.json'))('pg');
const state = join(checkout, '.state');
const headers = { authorization: 'Bearer local-dev-key', 'content-type': 'application/json' };

if (existsSync(state)) throw new Error(`${state} is there already: start with a fresh checkout`);
const stack = spawn(process.execPath, ['local/bootstrap.mjs', 'local/start.ts'], {
  cwd: checkout,
  stdio: 'inherit',
  env: {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    SMTP_URL: 'smtp://127.0.0.1:9',
    REPORT_RECIPIENTS: 'reports@example.com',
    MAINTENANCE_RECIPIENTS: 'operators@example.com',
    API_PORT: '23000',
    WORKER_HEALTH_PORT: '23001',
    API_METRICS_PORT: '23002',
    TEMPORAL_PORT: '23003',
    TEMPORAL_UI_PORT: '23004',
    PAYMENT_SANDBOX_PORT: '23005',
    POSTGRES_PORT: '23006',
  },
});
const stackFile = join(state, 'stack.json');
const info = await until(() => existsSync(stackFile) && JSON.parse(readFileSync(stackFile, 'utf8')), 300);
const db = new pg.Pool({ connectionString: info.urls.database, max: 2 });
try {
  const ids = await makeOpenJobs();
  for (const name of ['api', 'worker', 'temporal']) process.kill(info.processes[name], 'SIGSTOP');
  await record(ids);
} finally {
  for (const name of ['temporal', 'worker', 'api']) process.kill(info.processes[name], 'SIGCONT');
  await db.end();
  stack.kill('SIGINT');
}

/** Gives the running stack one of each kind of work, none of which can end yet. Returns their ids. */
async function makeOpenJobs() {
  const register = (name) =>
    call('POST', '/api/auth/register', {
      email: `${name}@example.com`,
      name,
      password: 'correct horse battery staple',
    });
  const ada = await register('ada');
  const grace = await register('grace');
  await call('POST', '/api/auth/forgot-password', { email: 'ada@example.com' });
  await call('POST', '/api/auth/forgot-password', { email: 'grace@example.com' });
  const resets = await until(async () => {
    const { items: jobs } = await call('GET', '/api/jobs?type=sendPasswordReset');
    return jobs.length === 2 && jobs.map(({ id }) => id);
  });
  await call('POST', `/api/jobs/${resets[1]}/pause`);

  const order = (paymentMethod, sku = 'tea') => ({
    userId: ada.id,
    currency: 'EUR',
    items: [{ sku, quantity: 2, unitAmount: 450 }],
    paymentMethod,
  });
  const place = async (...args) => (await call('POST', '/api/orders', order(...args))).id;
  const status = (orderId, wanted) =>
    until(async () => (await call('GET', `/api/orders/${orderId}`)).status === wanted);
  const retrying = (jobId) =>
    until(async () => (await call('GET', `/api/jobs/${jobId}`)).status === 'retrying');

  await call('PUT', '/api/stock/tea', { available: 100 });
  await call('PUT', '/api/stock/cup', { available: 0 });
  const unsent = await place('pm_card_visa');
  await status(unsent, 'completed');
  const declined = await place('pm_card_chargeDeclined');
  await status(declined, 'awaiting_payment_method');

  await fault({ path: '/confirm' }, 2);
  const unpaid = await place('pm_card_visa');
  const heldUnpaid = await place('pm_card_visa');
  for (const id of [unpaid, heldUnpaid]) await retrying(`process-order:${id}`);
  await call('POST', `/api/jobs/process-order:${heldUnpaid}/pause`);

  await fault({ path: '/refunds' }, 1_000);
  await fault({ path: '/cancel' }, 1_000);
  const unreturned = await place('pm_card_visa', 'cup');
  await status(unreturned, 'refunding');
  await retrying(`process-order:${unreturned}`);
  const cancelled = await place('pm_card_chargeDeclined');
  await status(cancelled, 'awaiting_payment_method');
  await call('POST', `/api/orders/${cancelled}/cancel`);
  const returned = await until(async () => {
    const { items: jobs } = await call('GET', '/api/jobs?type=returnPayment');
    return jobs.length === 1 && jobs[0].id;
  });
  await retrying(returned);

  for (const id of ['daily-report', 'weekly-maintenance'])
    await call('POST', `/api/schedules/${id}/trigger`, {});
  const reports = await until(async () => {
    const found = await Promise.all(
      ['runDailyReport', 'runMaintenance'].map((type) => call('GET', `/api/jobs?type=${type}`)),
    );
    return found.every(({ items }) => items.length === 1) && found.map(({ items }) => items[0].id);
  });
  for (const id of reports) await retrying(id);
  await call('POST', '/api/schedules', {
    id: 'morning-report',
    job: 'runDailyReport',
    cron: '0 6 * * 1-5',
    timeZone: 'Europe/Berlin',
    note: 'For the meeting',
  });
  const { jobId: scheduled } = await call('POST', '/api/jobs', {
    type: 'refreshStatistics',
    input: {},
    delay: '20m',
    dedupeKey: 'after-import-7',
  });

  const products = Array.from({ length: 20_000 }, (_, index) => ({
    sku: `bulk-${index}`,
    name: `Product ${index}`,
    unitAmount: 100 + index,
    currency: 'EUR',
  }));
  const bulk = await call('POST', '/api/bulk-jobs?task=import-products', products);
  await until(async () => (await call('GET', `/api/bulk-jobs/${bulk.id}`)).counts.done > 0, 60, 5);
  await call('POST', `/api/bulk-jobs/${bulk.id}/pause`);

  const work = (kind, payload, more = {}) => call('POST', '/api/work-items', { kind, payload, ...more });
  const later = await work(
    'adjust-stock',
    { sku: 'tea', delta: 5, reason: 'delivery' },
    { notBefore: new Date(Date.now() + 1_200_000).toISOString(), dedupeKey: 'delivery-1' },
  );
  const invoice = await work('issue-invoice', { orderId: unpaid });
  const dead = await work('adjust-stock', { sku: 'unknown', delta: 5, reason: 'delivery' });
  await until(async () => (await call('GET', `/api/work-items/${dead.id}`)).status === 'dead');

  await db.query(`INSERT INTO queued_messages (queue, body) VALUES ('orders-queue', 'no order')`);
  const letter = await until(async () => {
    const { items: deadLetters } = await call('GET', '/api/dead-letters?status=open');
    return deadLetters.length === 1 && deadLetters[0].id;
  });
  await call('POST', '/api/services/order-consumer/pause');
  await until(async () => (await call('GET', '/api/services/order-consumer')).state === 'paused');
  const queued = (await call('POST', '/api/order-messages', order('pm_card_visa'))).orderId;
  await until(async () => {
    const { rows } = await db.query("SELECT FROM queued_messages WHERE queue = 'orders-queue'");
    return rows.length === 1;
  });

  const { rows } = await db.query(
    `INSERT INTO emails (recipient, subject, body_text) VALUES ('lin@example.com', 'Hello', 'From SQL.') RETURNING id`,
  );
  const email = rows[0].id;
  const keyed = await call('POST', '/api/orders', order('pm_card_chargeDeclined'), {
    'idempotency-key': 'order-1',
  });
  await status(keyed.id, 'awaiting_payment_method');

  process.kill(info.processes.temporal, 'SIGSTOP');
  const unstarted = await place('pm_card_visa');

  return {
    recordedAt: new Date().toISOString(),
    users: { ada: ada.id, grace: grace.id },
    jobs: {
      welcome: [ada.jobId, grace.jobId],
      reset: resets[0],
      heldReset: resets[1],
      returnPayment: returned,
      dailyReport: reports[0],
      maintenance: reports[1],
      scheduled,
      bulk: bulk.jobId,
    },
    orders: {
      unsent,
      declined,
      unpaid,
      heldUnpaid,
      unreturned,
      cancelled,
      queued,
      keyed: keyed.id,
      unstarted,
    },
    bulkJob: bulk.id,
    workItems: { later: later.id, invoice: invoice.id, dead: dead.id },
    deadLetter: letter,
    email,
  };
}

/** Writes what a power cut would have left. */
async function record(ids) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'engine'), { recursive: true });
  const client = await db.connect();
  const tables = {};
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await client.query(
      `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`,
    );
    for (const { table_name: table } of rows) {
      const result = await client.query(`SELECT coalesce(json_agg(t), '[]')::text AS rows FROM "${table}" t`);
      tables[table] = JSON.parse(result.rows[0].rows);
    }
    await client.query('COMMIT');
  } finally {
    client.release();
  }
  write('rows.json', JSON.stringify(tables));
  for (const name of ['temporal.sqlite', 'temporal.sqlite-wal']) {
    const source = join(state, 'temporal', name);
    if (existsSync(source)) write(`engine/${name}`, readFileSync(source));
  }
  write('payment-sandbox.jsonl', readFileSync(join(state, 'payment-sandbox.jsonl')));
  writeFileSync(join(folder, 'ids.json'), `${JSON.stringify(ids, null, 2)}\n`);
}

function write(name, content) {
  writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
}

function fault(match, times) {
  return fetch(`${info.urls.paymentSandbox}/_control/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ times, kind: 'status', status: 503, match }),
  });
}

async function call(method, path, body, more = {}) {
  const response = await fetch(info.urls.api + path, {
    method,
    headers: { ...headers, ...more },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** Waits until `read` returns something, and returns it. */
async function until(read, seconds = 60, everyMs = 200) {
  for (const deadline = Date.now() + seconds * 1_000; ;) {
    const found = await read();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`it did not come: ${read}`);
    await delay(everyMs);
  }
}
