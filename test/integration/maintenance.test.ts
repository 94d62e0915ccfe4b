import { randomUUID } from 'node:crypto';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { createMaintenanceActivities } from '../../activities/maintenance.ts';
import type { RunMaintenanceResult } from '../../contracts/jobs/run-maintenance.ts';
import { recordFinding } from '../../domain/reconciliation/findings.ts';
import { beginPaymentAttempt } from '../../domain/orders/orders.ts';
import { attemptNow, jobWithStatus } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { runJob } from '../support/run-job.ts';
import { useService } from '../support/service.ts';

const recipients = ['ops@example.com', 'shop@example.com'];
const service = useService({ workerSettings: { MAINTENANCE_RECIPIENTS: recipients } });
const DAY_MS = 86_400_000;
const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);
let userId = '';

beforeAll(async () => {
  const { body } = await service.request('POST', '/api/auth/register', {
    email: `ada-${randomUUID()}@example.com`,
    name: 'Ada',
    password: 'correct horse',
  });
  const user = body as { id: string; jobId: string };
  userId = user.id;
  await jobWithStatus(service, `send-welcome-email:${userId}`, 'completed');
});

async function completedOrder(): Promise<string> {
  const { body } = await service.request('POST', '/api/orders', {
    userId,
    currency: 'EUR',
    items: [
      { sku: 'tea', quantity: 2, unitAmount: 450 },
      { sku: 'tea', quantity: 1, unitAmount: 450 },
    ],
    paymentMethod: 'pm_card_visa',
  });
  const { id, jobId } = body as { id: string; jobId: string };
  await jobWithStatus(service, jobId, 'completed');
  return id;
}

const updateOrder = (id: string, change: object) =>
  service.db.updateTable('orders').set(change).where('id', '=', id).execute();

interface FindingBody {
  kind: string;
  subject: string;
  status: string;
  details: Record<string, unknown>;
}

async function findings(status: 'open' | 'resolved'): Promise<FindingBody[]> {
  const { body } = await service.request(
    'GET',
    `/api/findings?source=maintenance&status=${status}&limit=100`,
  );
  return (body as { items: FindingBody[] }).items;
}

/** Runs a maintenance, whose report may still be on its way then. */
async function runMaintenance(): Promise<RunMaintenanceResult> {
  return (await runJob(service, 'runMaintenance', {})).result as RunMaintenanceResult;
}

/** Runs a maintenance, and waits until its report was mailed. */
async function maintain(): Promise<RunMaintenanceResult> {
  const result = await runMaintenance();
  for (const id of result.mailings ?? []) await jobWithStatus(service, id, 'completed');
  return result;
}

describe('a maintenance', () => {
  it('analyses the tables, finds nothing wrong in what the service did, and mails that once to each', async () => {
    await completedOrder();
    const before = new Date();
    const result = await maintain();
    expect(result.analyzed).toEqual(expect.arrayContaining(['orders', 'emails', 'outbox', 'findings']));
    const { rows } = await sql<{ last_analyze: Date | null }>`
      SELECT last_analyze FROM pg_stat_user_tables WHERE relname = 'orders'`.execute(service.db);
    expect(rows[0]?.last_analyze?.getTime()).toBeGreaterThanOrEqual(before.getTime());
    expect(result.checks).toEqual({ orders: 1, found: 0, resolved: 0, open: 0 });
    for (const recipient of recipients) {
      expect(service.mail.to(recipient).map((mail) => mail.subject)).toEqual(['Maintenance: nothing found']);
    }
    await recordHistory(service, 'run-maintenance:on-demand', 'copies-are-jobs');
    await recordHistory(service, result.mailings?.[0] ?? '', 'maintenance');
  });

  it('reports each broken rule, once, by mail and over the API, and resolves what was mended', async () => {
    const amount = await completedOrder();
    await updateOrder(amount, { amount_minor: 1 });
    const payment = await completedOrder();
    await updateOrder(payment, { payment_intent_id: null });
    const refund = await completedOrder();
    await updateOrder(refund, { refunded_minor: 5_000 });
    const reservation = await completedOrder();
    await service.db.deleteFrom('stock_reservations').where('order_id', '=', reservation).execute();
    const holding = await completedOrder();
    await updateOrder(holding, { status: 'cancelled', payment_intent_id: null, paid_at: null });
    const stuck = await completedOrder();
    await updateOrder(stuck, { status: 'paid', updated_at: daysAgo(2) });
    await service.db.deleteFrom('stock_reservations').where('order_id', '=', stuck).execute();
    await sql`ALTER TABLE stock_levels DROP CONSTRAINT stock_levels_available_check`.execute(service.db);
    await service.db.insertInto('stock_levels').values({ sku: 'cups', available: -1 }).execute();
    const email = await service.db
      .insertInto('emails')
      .values({
        key: `order:${randomUUID()}:receipt`,
        template: 'order-receipt',
        user_id: userId,
        recipient: 'ada@example.com',
        message_id: randomUUID(),
        created_at: daysAgo(4),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const entry = await service.db
      .insertInto('outbox')
      .values({
        job_type: 'sendWelcomeEmail',
        job_id: 'send-welcome-email:stuck',
        input: '{}',
        created_at: daysAgo(1),
        next_attempt_at: new Date('2099-01-01'),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const user = await service.db
      .insertInto('users')
      .values({
        email: 'bob@example.com',
        name: 'Bob',
        password_hash: 'none',
        created_at: daysAgo(2),
      })
      .returning('id')
      .executeTakeFirstOrThrow();

    const result = await maintain();
    const open = await findings('open');
    const seen = open.map(({ kind, subject }) => `${kind} ${subject}`).toSorted();
    expect(seen).toEqual(
      [
        `order_amount_differs_from_items order:${amount}`,
        `refund_exceeds_amount order:${refund}`,
        `paid_order_without_payment order:${payment}`,
        `completed_order_without_reservation order:${reservation}`,
        `reservation_of_order_not_completed order:${holding}`,
        `order_does_not_move order:${stuck}`,
        'stock_negative sku:cups',
        `email_overdue email:${email.id}`,
        `outbox_entry_stuck outbox:${entry.id}`,
        `user_without_welcome user:${user.id}`,
      ].toSorted(),
    );
    expect(result.checks).toMatchObject({ found: 10, resolved: 0, open: 10 });
    expect(open.find(({ kind }) => kind === 'order_amount_differs_from_items')?.details).toEqual({
      status: 'completed',
      amount: 1,
      items: 1350,
    });

    for (const id of result.mailings ?? []) await jobWithStatus(service, id, 'completed');
    const mail = service.mail.to('ops@example.com').at(-1);
    expect(mail?.subject).toBe('Maintenance: 10 open findings');
    for (const content of [mail?.text, mail?.html]) {
      expect(content).toContain('Somebody has to look');
      expect(content).toContain(`order:${amount}`);
      expect(content).toContain('order amount differs from items');
    }
    expect(mail?.text).not.toContain('bob@example.com');

    await updateOrder(amount, { amount_minor: 1350 });
    await service.db.updateTable('stock_levels').set({ available: 3 }).where('sku', '=', 'cups').execute();
    const next = await maintain();
    expect(next.checks).toMatchObject({ found: 0, resolved: 2, open: 8 });
    expect((await findings('resolved')).map(({ subject }) => subject).toSorted()).toEqual(
      [`order:${amount}`, 'sku:cups'].toSorted(),
    );
  });

  it('archives the payment attempts of orders that were closed long ago, and deletes what is too old for that', async () => {
    const old = await completedOrder();
    const recent = await completedOrder();
    const attempts = async (id: string): Promise<unknown[]> => {
      const { body } = await service.request('GET', `/api/orders/${id}`);
      return (body as { payment: { attempts: unknown[] } }).payment.attempts;
    };
    await service.db
      .updateTable('payment_attempts')
      .set({ started_at: daysAgo(100) })
      .where('order_id', '=', old)
      .execute();
    await updateOrder(old, { updated_at: daysAgo(100) });
    const seen = await attempts(old);
    expect(seen).toHaveLength(1);

    const result = await maintain();
    expect(result.archived).toEqual({ paymentAttempts: 1 });
    const left = await service.db
      .selectFrom('payment_attempts')
      .select('order_id')
      .where('order_id', 'in', [old, recent])
      .execute();
    expect(left).toEqual([{ order_id: recent }]);
    // Whoever looks at the order sees no difference.
    expect(await attempts(old)).toEqual(seen);

    await service.db
      .updateTable('archived_payment_attempts')
      .set({ archived_at: daysAgo(800) })
      .execute();
    await service.db
      .updateTable('findings')
      .set({ resolved_at: daysAgo(200) })
      .where('resolved_at', 'is not', null)
      .execute();
    const reconciliation = (days: number) =>
      service.db
        .insertInto('reconciliations')
        .values({
          id: randomUUID(),
          job_id: 'sync-payments:1',
          status: 'completed',
          window_start: daysAgo(days + 3),
          started_at: daysAgo(days),
        })
        .execute();
    await reconciliation(300);
    await reconciliation(200);
    const { pruned } = await maintain();
    expect(pruned).toEqual({
      archivedPaymentAttempts: 1,
      // The newest that was completed stays.
      reconciliations: 1,
      resolvedFindings: 2,
      mirroredPayments: 0,
    });
    expect(await attempts(old)).toEqual([]);
  });

  it('keeps the attempts of an order that was reopened after its former ones were archived', async () => {
    const order = await completedOrder();
    const age = async () => {
      await service.db
        .updateTable('payment_attempts')
        .set({ started_at: daysAgo(100) })
        .where('order_id', '=', order)
        .execute();
      await updateOrder(order, { updated_at: daysAgo(100) });
    };
    const archived = async () =>
      (
        await service.db
          .selectFrom('archived_payment_attempts')
          .select(['attempt', 'error_code'])
          .where('order_id', '=', order)
          .orderBy('attempt')
          .execute()
      ).map(({ attempt, error_code: code }) => [attempt, code]);
    await age();
    await maintain();
    expect(await archived()).toEqual([[1, null]]);
    // As earlier releases numbered them, from 1 again.
    await service.db
      .insertInto('payment_attempts')
      .values(
        ['first', 'second'].map((code, index) => ({
          order_id: order,
          revision: 1,
          attempt: index + 1,
          outcome: 'failed' as const,
          error_code: code,
        })),
      )
      .execute();
    await age();
    expect((await maintain()).archived).toEqual({ paymentAttempts: 2 });
    expect(await archived()).toEqual([
      [1, null],
      [2, 'first'],
      [3, 'second'],
    ]);
    expect(await beginPaymentAttempt(service.db, { orderId: order, revision: 1 })).toMatchObject({
      attempt: 4,
    });
  });

  it('is complete while the mail server is away, and its report is mailed later, once', async () => {
    const [ops = '', shop = ''] = recipients;
    const sent = service.mail.to(shop).length;
    service.mail.refuseWith(450, shop);
    const [toOps = '', toShop = ''] = (await runMaintenance()).mailings ?? [];
    await jobWithStatus(service, toOps, 'completed');
    await jobWithStatus(service, toShop, 'retrying');
    service.mail.refuseWith(undefined);
    await attemptNow(service, toShop);
    await jobWithStatus(service, toShop, 'completed');
    expect(service.mail.to(shop)).toHaveLength(sent + 1);

    service.mail.refuseWith(550, ops);
    const [refused = '', accepted = ''] = (await runMaintenance()).mailings ?? [];
    expect(await jobWithStatus(service, refused, 'failed')).toMatchObject({
      failure: { code: 'MailRejected' },
    });
    await jobWithStatus(service, accepted, 'completed');
    service.mail.refuseWith(undefined);
    expect(service.mail.to(shop)).toHaveLength(sent + 2);
  });

  it('checks accounts a range at a time, goes on from its heartbeat, and resolves nothing before it was everywhere', async () => {
    const emails = ['c', 'd', 'e', 'f', 'g'].map((name) => `${name}@example.com`);
    const added = await service.db
      .insertInto('users')
      .values(emails.map((email) => ({ email, name: 'Eve', password_hash: 'none', created_at: daysAgo(2) })))
      .returning('id')
      .execute();
    const welcomeFindings = async (): Promise<string[]> =>
      (await findings('open'))
        .filter(({ kind }) => kind === 'user_without_welcome')
        .map(({ subject }) => subject)
        .toSorted();
    const without = [...added.map(({ id }) => `user:${id}`), ...(await welcomeFindings())].toSorted();
    const mended = await recordFinding(service.db, {
      source: 'maintenance',
      kind: 'user_without_welcome',
      subject: 'user:ffffffff-ffff-4fff-bfff-ffffffffffff',
      orderId: null,
      details: {},
      repair: null,
      resolved: false,
      runId: randomUUID(),
    });
    // Seen by an earlier run: `startedAt` below has milliseconds alone, so it can be before this very moment.
    await service.db
      .updateTable('findings')
      .set({ last_seen_at: daysAgo(1) })
      .where('id', '=', mended)
      .execute();
    const isMended = async (): Promise<boolean> => {
      const { resolved_at: at } = await service.db
        .selectFrom('findings')
        .select('resolved_at')
        .where('id', '=', mended)
        .executeTakeFirstOrThrow();
      return at !== null;
    };
    const activities = createMaintenanceActivities(
      { db: service.db, mailer: {} as never, secrets: {} as never, settings: {} as never },
      2,
    );
    const input = { maintenanceId: randomUUID(), startedAt: new Date().toISOString() };
    const checked: string[] = [];

    let last: unknown;
    const dying = new MockActivityEnvironment();
    dying.on('heartbeat', (details: { beyond?: { table: string; after: string | null } }) => {
      last = details;
      if (details.beyond?.table !== 'users' || details.beyond.after === null) return;
      checked.push(details.beyond.after);
      if (checked.length === 2) dying.cancel();
    });
    await expect(dying.run(() => activities.checkInvariants(input))).rejects.toBeInstanceOf(CancelledFailure);
    const upTo = `user:${checked[1] ?? ''}`;
    const ofThisRun = async (): Promise<string[]> =>
      (
        await service.db
          .selectFrom('findings')
          .select('subject')
          .where('kind', '=', 'user_without_welcome')
          .where('last_run_id', '=', input.maintenanceId)
          .where('resolved_at', 'is', null)
          .orderBy('subject')
          .execute()
      ).map(({ subject }) => subject);
    expect(await ofThisRun()).toEqual(without.filter((subject) => subject <= upTo));
    expect(await isMended()).toBe(false);

    // Would they be checked again, they would be noted again.
    await service.db.deleteFrom('findings').where('last_run_id', '=', input.maintenanceId).execute();
    const next = new MockActivityEnvironment({ heartbeatDetails: last });
    await next.run(() => activities.checkInvariants(input));
    expect(await ofThisRun()).toEqual(without.filter((subject) => subject > upTo));
    expect(await isMended()).toBe(true);
  });
});
