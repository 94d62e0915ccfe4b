import { randomUUID } from 'node:crypto';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { createMaintenanceActivities } from '../../activities/maintenance.ts';
import type { RunMaintenanceResult } from '../../contracts/jobs/run-maintenance.ts';
import { recordFinding } from '../../domain/reconciliation/findings.ts';
import { beginPaymentAttempt } from '../../domain/orders/payment-attempts.ts';
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

/** Runs a maintenance, whose report may still be in progress afterwards. */
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
  it('analyzes the tables, finds no violations, and mails the report once to each recipient', async () => {
    await completedOrder();
    const before = new Date();
    const result = await maintain();
    expect(result.analyzed).toEqual(expect.arrayContaining(['orders', 'emails', 'outbox', 'findings']));
    const { rows } = await sql<{ lastAnalyze: Date | null }>`
      SELECT last_analyze FROM pg_stat_user_tables WHERE relname = 'orders'`.execute(service.db);
    expect(rows[0]?.lastAnalyze?.getTime()).toBeGreaterThanOrEqual(before.getTime());
    expect(result.checks).toEqual({ orders: 1, found: 0, resolved: 0, open: 0 });
    for (const recipient of recipients) {
      expect(service.mail.to(recipient).map((mail) => mail.subject)).toEqual(['Maintenance: nothing found']);
    }
    await recordHistory(service, 'run-maintenance:on-demand', 'copies-are-jobs');
    await recordHistory(service, result.mailings?.[0] ?? '', 'maintenance');
  });

  it('reports each broken rule once, by mail and over the API, and resolves fixed ones', async () => {
    const amount = await completedOrder();
    await updateOrder(amount, { amountMinor: 1 });
    const payment = await completedOrder();
    await updateOrder(payment, { paymentIntentId: null });
    const refund = await completedOrder();
    await updateOrder(refund, { refundedMinor: 5_000 });
    const reservation = await completedOrder();
    await service.db.deleteFrom('stockReservations').where('orderId', '=', reservation).execute();
    const holding = await completedOrder();
    await updateOrder(holding, { status: 'cancelled', paymentIntentId: null, paidAt: null });
    const stuck = await completedOrder();
    await updateOrder(stuck, { status: 'paid', updatedAt: daysAgo(2) });
    await service.db.deleteFrom('stockReservations').where('orderId', '=', stuck).execute();
    await sql`ALTER TABLE stock_levels DROP CONSTRAINT stock_levels_available_check`.execute(service.db);
    await service.db.insertInto('stockLevels').values({ sku: 'cups', available: -1 }).execute();
    const email = await service.db
      .insertInto('emails')
      .values({
        key: `order:${randomUUID()}:receipt`,
        template: 'order-receipt',
        userId,
        recipient: 'ada@example.com',
        messageId: randomUUID(),
        createdAt: daysAgo(4),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const entry = await service.db
      .insertInto('outbox')
      .values({
        jobType: 'sendWelcomeEmail',
        jobId: 'send-welcome-email:stuck',
        input: '{}',
        createdAt: daysAgo(1),
        nextAttemptAt: new Date('2099-01-01'),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const user = await service.db
      .insertInto('users')
      .values({
        email: 'bob@example.com',
        name: 'Bob',
        passwordHash: 'none',
        createdAt: daysAgo(2),
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
      expect(content).toContain('require an operator');
      expect(content).toContain(`order:${amount}`);
      expect(content).toContain('order amount differs from items');
    }
    expect(mail?.text).not.toContain('bob@example.com');

    await updateOrder(amount, { amountMinor: 1350 });
    await service.db.updateTable('stockLevels').set({ available: 3 }).where('sku', '=', 'cups').execute();
    const next = await maintain();
    expect(next.checks).toMatchObject({ found: 0, resolved: 2, open: 8 });
    expect((await findings('resolved')).map(({ subject }) => subject).toSorted()).toEqual(
      [`order:${amount}`, 'sku:cups'].toSorted(),
    );
  });

  it('archives the payment attempts of orders closed long ago, and deletes older ones', async () => {
    const old = await completedOrder();
    const recent = await completedOrder();
    const attempts = async (id: string): Promise<unknown[]> => {
      const { body } = await service.request('GET', `/api/orders/${id}`);
      return (body as { payment: { attempts: unknown[] } }).payment.attempts;
    };
    await service.db
      .updateTable('paymentAttempts')
      .set({ startedAt: daysAgo(100) })
      .where('orderId', '=', old)
      .execute();
    await updateOrder(old, { updatedAt: daysAgo(100) });
    const seen = await attempts(old);
    expect(seen).toHaveLength(1);

    const result = await maintain();
    expect(result.archived).toEqual({ paymentAttempts: 1 });
    const left = await service.db
      .selectFrom('paymentAttempts')
      .select('orderId')
      .where('orderId', 'in', [old, recent])
      .execute();
    expect(left).toEqual([{ orderId: recent }]);
    // Readers of the order see no difference.
    expect(await attempts(old)).toEqual(seen);

    await service.db
      .updateTable('archivedPaymentAttempts')
      .set({ archivedAt: daysAgo(800) })
      .execute();
    await service.db
      .updateTable('findings')
      .set({ resolvedAt: daysAgo(200) })
      .where('resolvedAt', 'is not', null)
      .execute();
    const reconciliation = (days: number) =>
      service.db
        .insertInto('reconciliations')
        .values({
          id: randomUUID(),
          jobId: 'sync-payments:1',
          status: 'completed',
          windowStart: daysAgo(days + 3),
          startedAt: daysAgo(days),
        })
        .execute();
    await reconciliation(300);
    await reconciliation(200);
    const { pruned } = await maintain();
    expect(pruned).toEqual({
      archivedPaymentAttempts: 1,
      // The newest completed one is kept.
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
        .updateTable('paymentAttempts')
        .set({ startedAt: daysAgo(100) })
        .where('orderId', '=', order)
        .execute();
      await updateOrder(order, { updatedAt: daysAgo(100) });
    };
    const archived = async () =>
      (
        await service.db
          .selectFrom('archivedPaymentAttempts')
          .select(['attempt', 'errorCode'])
          .where('orderId', '=', order)
          .orderBy('attempt')
          .execute()
      ).map(({ attempt, errorCode: code }) => [attempt, code]);
    await age();
    await maintain();
    expect(await archived()).toEqual([[1, null]]);
    // As earlier releases numbered them, from 1 again.
    await service.db
      .insertInto('paymentAttempts')
      .values(
        ['first', 'second'].map((code, index) => ({
          orderId: order,
          revision: 1,
          attempt: index + 1,
          outcome: 'failed' as const,
          errorCode: code,
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

  it('is complete while the mail server is down, and its report is mailed once, later', async () => {
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

  it('checks accounts a range at a time, continues from its heartbeat, and resolves nothing before it has checked all', async () => {
    const emails = ['c', 'd', 'e', 'f', 'g'].map((name) => `${name}@example.com`);
    const added = await service.db
      .insertInto('users')
      .values(emails.map((email) => ({ email, name: 'Eve', passwordHash: 'none', createdAt: daysAgo(2) })))
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
    // Seen by an earlier run: `startedAt` below only has milliseconds, so it can be before this moment.
    await service.db
      .updateTable('findings')
      .set({ lastSeenAt: daysAgo(1) })
      .where('id', '=', mended)
      .execute();
    const isMended = async (): Promise<boolean> => {
      const { resolvedAt: at } = await service.db
        .selectFrom('findings')
        .select('resolvedAt')
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
          .where('lastRunId', '=', input.maintenanceId)
          .where('resolvedAt', 'is', null)
          .orderBy('subject')
          .execute()
      ).map(({ subject }) => subject);
    expect(await ofThisRun()).toEqual(without.filter((subject) => subject <= upTo));
    expect(await isMended()).toBe(false);

    // If they were checked again, they would be recorded again.
    await service.db.deleteFrom('findings').where('lastRunId', '=', input.maintenanceId).execute();
    const next = new MockActivityEnvironment({ heartbeatDetails: last });
    await next.run(() => activities.checkInvariants(input));
    expect(await ofThisRun()).toEqual(without.filter((subject) => subject > upTo));
    expect(await isMended()).toBe(true);
  });
});
