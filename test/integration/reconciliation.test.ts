import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SyncPaymentsResult } from '../../contracts/jobs/sync-payments.ts';
import { taskQueues } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import type { OrderStatus } from '../../domain/orders/order-status.ts';
import { attemptNow, eventually, jobWithStatus } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { completedByRelay, relayNow, runJob, startJob } from '../support/run-job.ts';
import { useService } from '../support/service.ts';

const service = useService();
let stripe: Stripe;
let userId = '';

beforeAll(async () => {
  const { body } = await service.request('POST', '/api/auth/register', {
    email: `ada-${randomUUID()}@example.com`,
    name: 'Ada',
    password: 'correct horse',
  });
  userId = (body as { id: string }).id;
  const { hostname, port } = new URL(service.sandboxUrl);
  stripe = new Stripe('sk_test_sandbox', {
    host: hostname,
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
  });
});
beforeEach(() => service.clearFaults());

/** Places an order through the API and waits until it is completed; returns it. */
async function completedOrder(): Promise<{ id: string; intentId: string }> {
  const { body } = await service.request('POST', '/api/orders', {
    userId,
    currency: 'EUR',
    items: [{ sku: 'tea', quantity: 2, unitAmount: 450 }],
    paymentMethod: 'pm_card_visa',
  });
  const { id, jobId } = body as { id: string; jobId: string };
  await jobWithStatus(service, jobId, 'completed');
  return { id, intentId: await intentOf(id) };
}

async function intentOf(orderId: string): Promise<string> {
  const { payment } = await getOrder(orderId);
  if (payment.intentId === null) throw new Error('the order has no intent');
  return payment.intentId;
}

interface OrderBody {
  status: string;
  payment: { intentId: string | null; amountRefunded: number; refundId: string | null };
}

const getOrder = async (id: string): Promise<OrderBody> =>
  (await service.request('GET', `/api/orders/${id}`)).body as OrderBody;

/** An order without a job, as after restoring a backup, losing a job or changing the database by hand. */
async function orphanedOrder(status: OrderStatus, intentId: string | null = null): Promise<string> {
  const { id } = await service.db
    .insertInto('orders')
    .values({
      userId,
      currency: 'eur',
      amountMinor: 900,
      status,
      paymentIntentId: intentId,
      ...(status === 'completed' && { paidAt: new Date() }),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** A payment at the provider with an order's metadata; with `paid`, the money was taken. */
async function paymentThere(orderId: string, { paid = true, amount = 900 } = {}): Promise<string> {
  const intent = await stripe.paymentIntents.create({
    amount,
    currency: 'eur',
    metadata: { orderId },
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
  if (paid) await stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
  return intent.id;
}

interface FindingBody {
  id: string;
  kind: string;
  subject: string;
  status: string;
  repair: string | null;
  details: Record<string, unknown>;
  firstSeenAt: string;
  lastSeenAt: string;
  resolvedAt: string | null;
}

/** Reconciles, and returns the result with what the API shows of the run. */
async function reconcile(): Promise<{
  result: SyncPaymentsResult;
  about: (id: string) => FindingBody[];
}> {
  const job = await runJob(service, 'syncPayments', {});
  const result = job.result as SyncPaymentsResult;
  const { body } = await service.request('GET', `/api/reconciliations/${result.reconciliationId}?limit=100`);
  const run = body as { status: string; findings: { items: FindingBody[] } };
  expect(run.status).toBe('completed');
  return {
    result,
    about: (id) => run.findings.items.filter((finding) => finding.subject.endsWith(`:${id}`)),
  };
}

describe('a reconciliation', () => {
  it('finds nothing if both sides agree', async () => {
    const { id } = await completedOrder();
    const { result, about } = await reconcile();
    expect(about(id)).toEqual([]);
    expect(result).toMatchObject({ found: 0, repaired: 0, open: 0 });
    expect(result.orders).toBeGreaterThanOrEqual(1);
    expect(result.payments).toBeGreaterThanOrEqual(1);
    await recordHistory(service, 'sync-payments:on-demand', 'two-activities');
  });

  it.each(['cancelled', 'payment_failed'] as const)(
    'gives the money back that was taken for an order which is %s here',
    async (status) => {
      const id = await orphanedOrder(status);
      const intentId = await paymentThere(id);

      const first = await reconcile();
      expect(first.about(id)).toMatchObject([
        {
          kind: 'money_kept',
          repair: 'return_payment',
          status: 'open',
          details: { amountThere: 900, intentId },
        },
      ]);
      const job = await completedByRelay(service, `return-payment:${id}`);
      expect(job.result).toEqual({ outcome: 'refunded' });
      expect((await service.ledger(id)).refunds).toMatchObject([
        { amountMinor: 900, idempotencyKey: `order:${id}:refund` },
      ]);
      expect((await getOrder(id)).payment).toMatchObject({ intentId, amountRefunded: 900 });

      const second = await reconcile();
      expect(second.about(id)).toEqual([]);
      expect(second.result.resolved).toBeGreaterThanOrEqual(1);
      // A third run has nothing left to return.
      await reconcile();
      await relayNow(service);
      expect((await service.ledger(id)).refunds).toHaveLength(1);
    },
  );

  it('closes a payment that was left open for an order which is closed', async () => {
    const id = await orphanedOrder('cancelled');
    const intentId = await paymentThere(id, { paid: false });
    expect((await reconcile()).about(id)).toMatchObject([
      { kind: 'payment_left_open', repair: 'return_payment' },
    ]);
    await completedByRelay(service, `return-payment:${id}`);
    expect((await stripe.paymentIntents.retrieve(intentId)).status).toBe('canceled');
    expect((await reconcile()).about(id)).toEqual([]);
  });

  it('reports money for an order that waits for it, unless its job is still there', async () => {
    const lost = await orphanedOrder('pending');
    await paymentThere(lost);

    const { body } = await service.request('POST', '/api/orders', {
      userId,
      currency: 'EUR',
      items: [{ sku: 'tea', quantity: 2, unitAmount: 450 }],
      paymentMethod: 'pm_card_chargeDeclined',
    });
    const { id } = body as { id: string };
    await eventually(async () =>
      expect(await getOrder(id)).toMatchObject({ status: 'awaiting_payment_method' }),
    );
    await stripe.paymentIntents.confirm(await intentOf(id), { payment_method: 'pm_card_visa' });

    const { about } = await reconcile();
    expect(about(lost)).toMatchObject([{ kind: 'paid_there_not_here', repair: null, status: 'open' }]);
    expect(about(id)).toEqual([]);
  });

  it('reports orders that are paid here and not there', async () => {
    const without = await orphanedOrder('completed');
    const unknown = await orphanedOrder('completed', `pi_unknown${randomUUID().slice(0, 8)}`);
    const open = await orphanedOrder('completed');
    await paymentThere(open, { paid: false });
    const { about } = await reconcile();
    for (const [id, statusThere] of [
      [without, 'missing'],
      [unknown, 'missing'],
      [open, 'open'],
    ] as const) {
      expect(about(id)).toMatchObject([
        { kind: 'paid_here_not_there', repair: null, details: { statusThere } },
      ]);
    }
  });

  it('reports amounts that differ, once over many runs, until they are the same', async () => {
    const { id } = await completedOrder();
    await service.db.updateTable('orders').set({ amountMinor: 800 }).where('id', '=', id).execute();
    const first = await reconcile();
    expect(first.about(id)).toMatchObject([
      { kind: 'amount_differs', repair: null, details: { amountHere: 800, amountThere: 900 } },
    ]);
    expect(first.result.found).toBe(1);
    const second = await reconcile();
    expect(second.result.found).toBe(0);
    const [seen, again] = [first.about(id)[0], second.about(id)[0]];
    expect(again).toMatchObject({ id: seen?.id, firstSeenAt: seen?.firstSeenAt, resolvedAt: null });
    expect(Date.parse(again?.lastSeenAt ?? '')).toBeGreaterThan(Date.parse(seen?.lastSeenAt ?? ''));

    await service.db.updateTable('orders').set({ amountMinor: 900 }).where('id', '=', id).execute();
    const third = await reconcile();
    expect(third.about(id)).toEqual([]);
    expect(third.result.resolved).toBe(1);
    const { body } = await service.request('GET', '/api/findings?source=payments&status=resolved&limit=100');
    const resolved = (body as { items: FindingBody[] }).items.filter((finding) => finding.id === seen?.id);
    expect(resolved).toMatchObject([{ status: 'resolved', resolvedAt: expect.any(String) as unknown }]);
  });

  it('takes over refunds that were made at the provider, in parts and in full', async () => {
    const { id, intentId } = await completedOrder();
    const part = await stripe.refunds.create({ payment_intent: intentId, amount: 300 });
    expect((await reconcile()).about(id)).toMatchObject([
      { kind: 'refund_unknown_here', repair: 'record_refund', status: 'resolved' },
    ]);
    expect(await getOrder(id)).toMatchObject({
      status: 'completed',
      payment: { amountRefunded: 300, refundId: part.id },
    });
    await stripe.refunds.create({ payment_intent: intentId });
    expect((await reconcile()).about(id)).toMatchObject([
      { kind: 'refund_unknown_here', status: 'resolved' },
    ]);
    expect((await getOrder(id)).payment).toMatchObject({ amountRefunded: 900 });
    expect((await reconcile()).about(id)).toEqual([]);
  });

  it('sees a refund of an order that nothing else would have brought up', async () => {
    const { id, intentId } = await completedOrder();
    await service.db
      .updateTable('orders')
      .set({ updatedAt: new Date('2026-01-01') })
      .where('id', '=', id)
      .execute();
    await stripe.refunds.create({ payment_intent: intentId, amount: 100 });
    await reconcile();
    expect((await getOrder(id)).payment).toMatchObject({ amountRefunded: 100 });
  });

  it('reports a refund that the provider has not', async () => {
    const { id } = await completedOrder();
    await service.db
      .updateTable('orders')
      .set({ refundedMinor: 900, refundId: 're_lost' })
      .where('id', '=', id)
      .execute();
    expect((await reconcile()).about(id)).toMatchObject([
      { kind: 'refund_missing_there', repair: null, details: { refundedHere: 900, refundedThere: 0 } },
    ]);
  });

  it('reports a payment for an unknown order, and a second payment for a known one', async () => {
    const stranger = await paymentThere(randomUUID());
    const nonsense = await paymentThere('not an id of ours');
    const { id } = await completedOrder();
    const second = await paymentThere(id);
    const { about } = await reconcile();
    expect(about(stranger)).toMatchObject([{ kind: 'payment_without_order', repair: null }]);
    expect(about(nonsense)).toMatchObject([{ kind: 'payment_without_order' }]);
    expect(about(second)).toMatchObject([{ kind: 'second_payment', details: { orderId: id } }]);
    // Someone refunds it at the provider, which resolves it.
    await stripe.refunds.create({ payment_intent: second });
    await stripe.refunds.create({ payment_intent: stranger });
    const after = await reconcile();
    expect(after.about(second)).toEqual([]);
    expect(after.about(stranger)).toEqual([]);
  });

  it('reads lists that are longer than a page', async () => {
    const before = (await reconcile()).result.payments;
    for (let made = 0; made < 120; made += 20) {
      await Promise.all(Array.from({ length: 20 }, () => paymentThere(randomUUID(), { paid: false })));
    }
    expect((await reconcile()).result.payments).toBe(before + 120);
  });

  it('continues when the provider is back', async () => {
    await service.fault({ times: 1, kind: 'status', status: 503, match: { path: '/v1/refunds' } });
    const jobId = await startJob(service, 'syncPayments', {});
    const job = await jobWithStatus(service, jobId, 'retrying');
    expect(job.attempts.at(-1)).toMatchObject({
      activity: 'readFromProvider',
      error: { code: 'PaymentProviderUnavailable' },
    });
    await attemptNow(service, jobId);
    await jobWithStatus(service, jobId, 'completed');
  });

  it('can run twice concurrently: each finding is recorded once, and payments are returned once', async () => {
    const closed = await orphanedOrder('cancelled');
    await paymentThere(closed);
    const stranger = await paymentThere(randomUUID());
    const { id, intentId } = await completedOrder();
    await stripe.refunds.create({ payment_intent: intentId, amount: 250 });
    const runs = ['sync-payments:one', 'sync-payments:two'].map((workflowId) =>
      service.client.workflow.execute<Signatures['syncPayments']>('syncPayments', {
        workflowId,
        taskQueue: taskQueues.jobs,
        args: [{}],
      }),
    );
    await Promise.all(runs);
    // Each of them may have committed a return.
    await completedByRelay(service, `return-payment:${closed}`);
    for (const subject of [`order:${closed}`, `payment:${stranger}`, `order:${id}`]) {
      const { length } = await service.db
        .selectFrom('findings')
        .select('id')
        .where('subject', '=', subject)
        .execute();
      expect(length, subject).toBe(1);
    }
    expect((await service.ledger(closed)).refunds).toHaveLength(1);
    expect((await getOrder(id)).payment).toMatchObject({ amountRefunded: 250 });
  });

  it('can be cancelled, and says so', async () => {
    await service.fault({ times: 100, kind: 'status', status: 503, match: { path: '/v1/refunds' } });
    const jobId = await startJob(service, 'syncPayments', {});
    await jobWithStatus(service, jobId, 'retrying');
    expect((await service.request('DELETE', `/api/jobs/${jobId}`)).status).toBe(202);
    await jobWithStatus(service, jobId, 'cancelled');
    const { body } = await service.request('GET', '/api/reconciliations?limit=1');
    expect((body as { items: unknown[] }).items).toMatchObject([{ status: 'cancelled', jobId }]);
  });
});

describe('the lists of reconciliations and findings', () => {
  it('go from page to page, newest first, and each row is on one of them', async () => {
    const all: { id: string; startedAt: string }[] = [];
    let query = '?limit=2';
    for (;;) {
      const { status, body } = await service.request('GET', `/api/reconciliations${query}`);
      expect(status).toBe(200);
      const page = body as { items: typeof all; nextCursor: string | null };
      all.push(...page.items);
      if (page.nextCursor === null) break;
      query = `?limit=2&cursor=${page.nextCursor}`;
    }
    const rows = await service.db.selectFrom('reconciliations').select('id').execute();
    expect(new Set(all.map((run) => run.id)).size).toBe(rows.length);
    expect(all).toHaveLength(rows.length);
    const times = all.map((run) => run.startedAt);
    expect(times).toEqual(times.toSorted().reverse());
  });

  it.each([
    ['/api/reconciliations?cursor=nonsense', 400, 'validation_failed'],
    ['/api/reconciliations?limit=0', 400, 'validation_failed'],
    ['/api/findings?status=lost', 400, 'validation_failed'],
    ['/api/findings?limit=5&other=1', 400, 'validation_failed'],
    [`/api/reconciliations/${randomUUID()}`, 404, 'not_found'],
  ])('answer GET %s with %i', async (path, status, code) => {
    const answer = await service.request('GET', path);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code });
  });

  it('are for those with the key alone', async () => {
    for (const path of ['/api/reconciliations', '/api/findings']) {
      expect((await service.request('GET', path, undefined, { authorization: 'Bearer no' })).status).toBe(
        401,
      );
    }
  });
});

afterAll(() => service.clearFaults());
