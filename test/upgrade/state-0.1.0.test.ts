import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateToLatest } from '../../domain/database/migrate.ts';
import { startPaymentSandbox, type PaymentSandbox } from '../../tools/payment-sandbox/server.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/jobs.ts';
import { startMailSink, type MailSink } from '../support/mail-sink.ts';
import { useOwnEngine } from '../support/own-engine.ts';
import { startApi, startWorker, type ServiceProcess, type Shared } from '../support/processes.ts';
import { readState } from '../support/recorded-state.ts';
import { runCommand } from '../support/run-command.ts';

interface Ids {
  recordedAt: string;
  users: Record<'ada' | 'grace', string>;
  jobs: Record<
    'reset' | 'heldReset' | 'returnPayment' | 'dailyReport' | 'maintenance' | 'scheduled' | 'bulk',
    string
  > & { welcome: string[] };
  orders: Record<
    | 'unsent'
    | 'declined'
    | 'unpaid'
    | 'heldUnpaid'
    | 'unreturned'
    | 'cancelled'
    | 'queued'
    | 'keyed'
    | 'unstarted',
    string
  >;
  bulkJob: string;
  workItems: Record<'later' | 'invoice' | 'dead', string>;
  deadLetter: string;
  email: string;
}

const { ids, ...state } = readState<Ids>('0.1.0');
/** An order that waits for a new card gives up after a day. */
const cardsGaveUp = Date.now() > Date.parse(ids.recordedAt) + 86_400_000;
/** Longer than any one wait: a busy machine processes everything at the same time. */
const PATIENCE_MS = 120_000;

const engine = useOwnEngine([], state.engine);
const closers: (() => unknown)[] = [];
let mail: MailSink;
let sandbox: PaymentSandbox;
let api: ServiceProcess;

/** Starts this release with the recorded state, as `npm start` and a deployment do. */
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'durable-jobs-test-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const database = await createTestDatabase('template0');
  closers.push(database.drop);
  await state.restore(database.url, '0014');
  mail = await startMailSink();
  closers.push(() => mail.close());
  const stateFile = join(folder, 'payments.jsonl');
  await writeFile(stateFile, state.payments);
  sandbox = await startPaymentSandbox({ port: 0, stateFile });
  closers.push(() => sandbox.close());

  const service: Shared = {
    databaseUrl: database.url,
    temporalAddress: engine.address(),
    namespace: 'default',
    mail,
    sandboxUrl: sandbox.url,
    atEnd: (close) => void closers.push(close),
  };
  await migrateToLatest(database.url);
  const applied = await runCommand(service, 'schedules/main.ts', ['apply'], { NODE_ENV: 'development' });
  expect(applied).toMatchObject({ code: 0, err: '' });
  const env = {
    NODE_ENV: 'development',
    APP_SECRET: '',
    REPORT_RECIPIENTS: 'reports@example.com',
    MAINTENANCE_RECIPIENTS: 'operators@example.com',
  };
  [, api] = await Promise.all([startWorker(service, env), startApi(service, env)]);
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

async function call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(api.url + path, {
    method,
    headers: { authorization: 'Bearer local-dev-key', 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

const becomes = (path: string, wanted: Record<string, unknown>): Promise<void> =>
  eventually(async () => {
    expect(await call('GET', path)).toMatchObject(wanted);
  }, PATIENCE_MS);

const resume = (jobId: string): Promise<unknown> => call('POST', `/api/jobs/${jobId}/resume`);

async function ledgerOf(orderId: string): Promise<{ charges: unknown[]; refunds: unknown[] }> {
  const response = await fetch(`${sandbox.url}/_control/ledger`);
  const entries = (await response.json()) as Record<
    'charges' | 'refunds',
    { metadata: Record<string, string> }[]
  >;
  const of = (kind: 'charges' | 'refunds') =>
    entries[kind].filter(({ metadata }) => Object.values(metadata).includes(orderId));
  return { charges: of('charges'), refunds: of('refunds') };
}

describe('open jobs of release 0.1.0, after the upgrade', { timeout: 600_000 }, () => {
  it('send the welcome emails that waited for the mail server', async () => {
    for (const id of ids.jobs.welcome) await becomes(`/api/jobs/${id}`, { status: 'completed' });
  });

  it('send the reset whose time has come, and keep the paused one until it is resumed', async () => {
    await becomes(`/api/jobs/${ids.jobs.reset}`, { status: 'completed' });
    await becomes(`/api/jobs/${ids.jobs.heldReset}`, { status: 'paused' });
    await resume(ids.jobs.heldReset);
    await becomes(`/api/jobs/${ids.jobs.heldReset}`, { status: 'completed' });
  });

  it('complete the order whose payment was to be retried, with one charge, and issue its invoice', async () => {
    const { unpaid } = ids.orders;
    await becomes(`/api/orders/${unpaid}`, { status: 'completed' });
    expect(await ledgerOf(unpaid)).toMatchObject({ charges: [{}], refunds: [] });
    await becomes(`/api/work-items/${ids.workItems.invoice}`, { status: 'completed' });
  });

  it('complete the paused order once it is resumed', async () => {
    const { heldUnpaid } = ids.orders;
    await becomes(`/api/jobs/process-order:${heldUnpaid}`, { status: 'paused' });
    await resume(`process-order:${heldUnpaid}`);
    await becomes(`/api/jobs/process-order:${heldUnpaid}`, { status: 'completed' });
    expect(await ledgerOf(heldUnpaid)).toMatchObject({ charges: [{}], refunds: [] });
  });

  it('send the receipt of the order that was paid before', async () => {
    await becomes(`/api/jobs/process-order:${ids.orders.unsent}`, { status: 'completed' });
    expect(await ledgerOf(ids.orders.unsent)).toMatchObject({ charges: [{}], refunds: [] });
  });

  it('return the payments of the order without stock and of the cancelled one', async () => {
    await becomes(`/api/orders/${ids.orders.unreturned}`, { status: 'refunded' });
    expect(await ledgerOf(ids.orders.unreturned)).toMatchObject({ charges: [{}], refunds: [{}] });
    await becomes(`/api/jobs/${ids.jobs.returnPayment}`, { status: 'completed' });
    expect(await ledgerOf(ids.orders.cancelled)).toMatchObject({ charges: [], refunds: [] });
  });

  it('take a new card, or give up after a day', async () => {
    for (const id of [ids.orders.declined, ids.orders.keyed]) {
      if (!cardsGaveUp)
        await call('PUT', `/api/orders/${id}/payment-method`, { paymentMethod: 'pm_card_visa' });
      await becomes(`/api/orders/${id}`, { status: cardsGaveUp ? 'cancelled' : 'completed' });
    }
  });

  it('start jobs that were committed while the engine was unavailable', async () => {
    await becomes(`/api/orders/${ids.orders.unstarted}`, { status: 'completed' });
    expect(await ledgerOf(ids.orders.unstarted)).toMatchObject({ charges: [{}], refunds: [] });
  });

  it('complete the reports, and the job that was scheduled', async () => {
    for (const id of [ids.jobs.dailyReport, ids.jobs.maintenance, ids.jobs.scheduled])
      await becomes(`/api/jobs/${id}`, { status: 'completed' });
  });

  it('apply each item of the paused bulk job once it is resumed', async () => {
    await becomes(`/api/bulk-jobs/${ids.bulkJob}`, { status: 'paused' });
    await call('POST', `/api/bulk-jobs/${ids.bulkJob}/resume`);
    await becomes(`/api/bulk-jobs/${ids.bulkJob}`, {
      status: 'completed',
      counts: { total: 20_000, done: 20_000, failed: 0, pending: 0 },
    });
  });

  it('process the work item whose time has come, and keep the dead one until it is requeued', async () => {
    await becomes(`/api/work-items/${ids.workItems.later}`, { status: 'completed' });
    await becomes(`/api/work-items/${ids.workItems.dead}`, { status: 'dead' });
    await call('PUT', '/api/stock/unknown', { available: 1 });
    await call('POST', `/api/work-items/${ids.workItems.dead}/requeue`);
    await becomes(`/api/work-items/${ids.workItems.dead}`, { status: 'completed' });
  });

  it('consume the queued message once its consumer is resumed, and keep the dead letter', async () => {
    await becomes('/api/services/order-consumer', { state: 'paused' });
    await call('POST', '/api/services/order-consumer/resume');
    await becomes(`/api/orders/${ids.orders.queued}`, { status: 'completed' });
    await becomes(`/api/dead-letters/${ids.deadLetter}`, { status: 'open' });
  });

  it('send the email that SQL inserted', async () => {
    await becomes(`/api/emails/${ids.email}`, { status: 'sent' });
  });

  it('keep the schedules, those of operators too', async () => {
    const { items } = (await call('GET', '/api/schedules')) as {
      items: { id: string; nextRuns: string[] }[];
    };
    for (const id of ['daily-report', 'hourly-sync', 'morning-report', 'weekly-maintenance'])
      expect(items.find((schedule) => schedule.id === id)?.nextRuns, id).not.toHaveLength(0);
  });

  it('run every hosted service', async () => {
    await eventually(async () => {
      const { items } = (await call('GET', '/api/services')) as { items: { id: string; state: string }[] };
      expect(items.filter(({ state: current }) => current !== 'running')).toEqual([]);
    }, PATIENCE_MS);
  });

  it('sent no email twice', () => {
    expect(mail.to('ada@example.com').length).toBeGreaterThan(8);
    const messageIds = mail.mails.map(({ messageId }) => messageId);
    expect(messageIds).toEqual([...new Set(messageIds)]);
    const welcomes = mail.mails.filter(({ subject }) => /welcome/i.test(subject ?? ''));
    expect(welcomes).toHaveLength(2);
  });
});
