import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobView } from '../../packages/durable-jobs/src/jobs/job-view.ts';
import { taskQueues, timerSummaries } from '../../contracts/names.ts';
import type { Signatures } from '../../contracts/signatures.ts';
import { createSecrets } from '../../packages/durable-jobs/src/process/secrets.ts';
import { placeOrder, readOrder, registerUser } from '../support/job-actions.ts';
import { attemptNow, eventually, jobWithStatus, lastAttemptEnd } from '../support/jobs.ts';
import { makeKey } from '../support/make-key.ts';
import { recordHistory } from '../support/record-history.ts';
import { completedByRelay } from '../support/run-job.ts';
import { sessionOf } from '../support/session.ts';
import { appSecret, useService } from '../support/service.ts';

const service = useService();
let userId = '';
const email = `ada-${randomUUID()}@example.com`;

beforeAll(async () => {
  const { body } = await service.request('POST', '/api/auth/register', {
    email,
    name: 'Ada',
    password: 'correct horse',
  });
  userId = (body as { id: string }).id;
});
beforeEach(() => service.clearFaults());

const orderBody = (change: object = {}) => ({
  userId,
  currency: 'EUR',
  items: [{ sku: 'tea', quantity: 2, unitAmount: 450 }],
  paymentMethod: 'pm_card_visa',
  ...change,
});

/** Places an order and returns its id and the id of its job. */
async function place(change: object = {}): Promise<{ id: string; jobId: string }> {
  const answer = await service.request('POST', '/api/orders', orderBody(change));
  expect(answer.status).toBe(201);
  return answer.body as { id: string; jobId: string };
}

function orderWithStatus(id: string, status: string): Promise<unknown> {
  return eventually(async () => {
    const { body } = await service.request('GET', `/api/orders/${id}`);
    expect(body).toMatchObject({ status });
    return body;
  });
}

const mailsAbout = (id: string): (string | undefined)[] =>
  service.mail
    .to(email)
    .map((mail) => mail.subject)
    .filter((subject) => subject?.includes(id));

describe('an order', () => {
  it('is accepted, paid, completed and confirmed by email', async () => {
    const answer = await service.request('POST', '/api/orders', orderBody());
    expect(answer.status).toBe(201);
    const { id, jobId, status } = answer.body as { id: string; jobId: string; status: string };
    expect(status).toBe('pending');
    expect(answer.headers.get('location')).toBe(`/api/orders/${id}`);
    expect(jobId).toBe(`process-order:${id}`);

    const order = await orderWithStatus(id, 'completed');
    expect(order).toMatchObject({
      amount: 900,
      currency: 'eur',
      items: [{ sku: 'tea', quantity: 2, unitAmount: 450 }],
      payment: {
        amountTaken: 900,
        amountRefunded: 0,
        attempts: [{ number: 1, outcome: 'succeeded', error: null }],
      },
    });
    const job = await jobWithStatus(service, jobId, 'completed');
    expect(job).toMatchObject({ type: 'processOrder', businessKey: id, result: { outcome: 'completed' } });
    expect(job.attempts.map((attempt) => attempt.activity)).toEqual([
      'chargeOrder',
      'fulfilOrder',
      'sendOrderEmail',
    ]);

    const { charges } = await service.ledger(id);
    expect(charges).toMatchObject([{ amountMinor: 900, idempotencyKey: `order:${id}:confirm:1` }]);
    const receipt = service.mail.to(email).find((mail) => mail.subject === `Receipt for order ${id}`);
    expect(receipt?.text).toContain('EUR 9.00');
    expect(receipt?.html).toContain('EUR 9.00');
    await recordHistory(service, jobId, 'completed');
  });

  it('shows what failed, when it continues and when it gives up, while the provider fails', async () => {
    await service.fault({ times: 1, kind: 'status', status: 503, match: { path: '/confirm' } });
    const { id, jobId } = await place();
    const job = await jobWithStatus(service, jobId, 'retrying');
    expect(job.attempts).toHaveLength(1);
    expect(job.attempts[0]).toMatchObject({
      activity: 'chargeOrder',
      number: 1,
      error: { code: 'PaymentProviderUnavailable', message: expect.stringContaining('503') as unknown },
    });
    const failedAt = await lastAttemptEnd(service, jobId);
    const waits = job.plannedAttempts.map((at) => Math.round((Date.parse(at) - failedAt) / 1000));
    expect(waits).toEqual([60, 360, 1260]);
    expect(Math.round((Date.parse(job.deadline ?? '') - failedAt) / 1000)).toBe(1260 + 120);

    await attemptNow(service, jobId);
    const order = await orderWithStatus(id, 'completed');
    expect((order as { payment: unknown }).payment).toMatchObject({
      attempts: [
        { number: 1, outcome: 'failed' },
        { number: 2, outcome: 'succeeded' },
      ],
    });
    expect((await service.ledger(id)).charges).toHaveLength(1);
    await jobWithStatus(service, jobId, 'completed');
    await recordHistory(service, jobId, 'retried');
  });

  it.each([
    ['answers 500', { kind: 'status', status: 500 }],
    ['answers 500 and repeats that for the key', { kind: 'status', status: 500, saved: true }],
    // Twice: if the connection was closed, the SDK itself repeats a call once, with the same key.
    ['drops the connection before the charge', { kind: 'drop-before', times: 2 }],
    ['drops the connection after the charge', { kind: 'drop-after', times: 2 }],
    ['takes longer than we wait', { kind: 'delay', delayMs: 20_000 }],
  ])('is charged once if the provider %s', async (_what, fault) => {
    await service.fault({ times: 1, match: { path: '/confirm' }, ...fault });
    const { id, jobId } = await place();
    await jobWithStatus(service, jobId, 'retrying');
    await attemptNow(service, jobId);
    await orderWithStatus(id, 'completed');
    expect((await service.ledger(id)).charges).toHaveLength(1);
  });

  it('whose last attempt has failed is closed, its customer informed, its job failed, and its payment returned', async () => {
    // The response to the last one is lost: the money was taken, and the service does not know it.
    await service.fault({ times: 3, kind: 'status', status: 503, match: { path: '/confirm' } });
    await service.fault({ times: 2, kind: 'drop-after', match: { path: '/confirm' } });
    const { id, jobId } = await place();
    for (let attempt = 1; attempt < 4; attempt++) {
      await eventually(async () => {
        const job = await jobWithStatus(service, jobId, 'retrying');
        expect(job.attempts).toHaveLength(attempt);
      });
      await attemptNow(service, jobId);
    }
    const job = await jobWithStatus(service, jobId, 'failed');
    expect(job.failure).toMatchObject({
      code: 'PaymentFailed',
      message: expect.stringContaining('provider') as unknown,
    });
    expect(
      job.attempts.filter((attempt) => attempt.activity === 'chargeOrder').map((attempt) => attempt.number),
    ).toEqual([1, 2, 3, 4]);
    await jobWithStatus(service, `return-payment:${id}`, 'completed');
    const order = await orderWithStatus(id, 'payment_failed');
    expect(order).toMatchObject({ failure: { code: 'PaymentFailed' }, payment: { amountRefunded: 900 } });
    const { charges, refunds } = await service.ledger(id);
    expect(charges).toHaveLength(1);
    expect(refunds).toMatchObject([{ amountMinor: 900 }]);
    expect(mailsAbout(id)).toEqual([`Payment failed: order ${id}`]);
    await recordHistory(service, jobId, 'payment-failed');
    await recordHistory(service, `return-payment:${id}`, 'refunded');
  });

  it('waits for its turn if the provider takes no more calls, and has all its attempts left', async () => {
    await service.fault({ times: 1, kind: 'status', status: 429, match: { path: '/confirm' } });
    const { id, jobId } = await place();
    await orderWithStatus(id, 'completed');
    const { attempts } = await jobWithStatus(service, jobId, 'completed');
    expect(attempts.filter(({ activity }) => activity === 'chargeOrder')).toMatchObject([{}, {}]);
    // It waits for seconds, which a busy machine may take to look.
    const { body } = await service.request('GET', `/api/jobs/${jobId}/timeline`);
    expect(JSON.stringify(body)).toContain(timerSummaries.paymentTurn);
    expect((await service.ledger(id)).charges).toHaveLength(1);
    await recordHistory(service, jobId, 'rate-limited');
  });

  it('with a declined card waits for another one, and is charged with that', async () => {
    const { id, jobId } = await place({ paymentMethod: 'pm_card_chargeDeclinedInsufficientFunds' });
    const waiting = await orderWithStatus(id, 'awaiting_payment_method');
    expect(waiting).toMatchObject({ failure: { code: 'insufficient_funds' } });
    const job = await jobWithStatus(service, jobId, 'waiting');
    const hours = (Date.parse(job.deadline ?? '') - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThanOrEqual(24);

    const changed = await service.request('PUT', `/api/orders/${id}/payment-method`, {
      paymentMethod: 'pm_card_mastercard',
    });
    expect(changed.status).toBe(202);
    const order = await orderWithStatus(id, 'completed');
    expect((order as { payment: unknown }).payment).toMatchObject({
      attempts: [
        { outcome: 'declined', error: { code: 'insufficient_funds' }, paymentMethodRevision: 1 },
        { outcome: 'succeeded', paymentMethodRevision: 2 },
      ],
    });
    expect((await service.ledger(id)).charges).toHaveLength(1);
    await eventually(() => expect(mailsAbout(id)).toContain(`Receipt for order ${id}`));
    await jobWithStatus(service, jobId, 'completed');
    await recordHistory(service, jobId, 'new-card');
  });

  it('does not send news of a declined card after the receipt, even if the mail server was down meanwhile', async () => {
    service.mail.refuseWith(451);
    const { id, jobId } = await place({ paymentMethod: 'pm_card_chargeDeclined' });
    await orderWithStatus(id, 'awaiting_payment_method');
    const declined = async () =>
      service.db
        .selectFrom('emails')
        .selectAll()
        .where('key', '=', `order:${id}:payment-declined:1`)
        .executeTakeFirstOrThrow();
    await eventually(async () => {
      const row = await declined();
      expect(row.status).toBe('pending');
      expect(row.attempts).toBeGreaterThan(0);
    });
    await service.request('PUT', `/api/orders/${id}/payment-method`, { paymentMethod: 'pm_card_visa' });
    await orderWithStatus(id, 'completed');
    const row = await eventually(async () => {
      const now = await declined();
      expect(now.status).toBe('withdrawn');
      return now;
    });
    service.mail.refuseWith(undefined);
    await attemptNow(service, jobId);
    await jobWithStatus(service, jobId, 'completed');
    expect(mailsAbout(id)).toEqual([`Receipt for order ${id}`]);
    const answer = await service.request('GET', `/api/emails/${row.id}`);
    expect(answer.body).toMatchObject({ status: 'withdrawn', sentAt: null });
  });

  it('with a payment method that does not exist waits for another one, because a typing error can be corrected', async () => {
    const { id } = await place({ paymentMethod: 'pm_card_vsia' });
    expect(await orderWithStatus(id, 'awaiting_payment_method')).toMatchObject({
      failure: { code: 'unknown_payment_method' },
    });
    await service.request('PUT', `/api/orders/${id}/payment-method`, { paymentMethod: 'pm_card_visa' });
    await orderWithStatus(id, 'completed');
    expect((await service.ledger(id)).charges).toHaveLength(1);
  });

  it('accepts a hundred payment methods, because each declined one adds to a limited history', async () => {
    const { id } = await place({ paymentMethod: 'pm_card_chargeDeclined' });
    await orderWithStatus(id, 'awaiting_payment_method');
    await service.db
      .insertInto('orderPaymentMethods')
      .values({ orderId: id, revision: 100, paymentMethod: 'pm_card_visa' })
      .execute();
    const answer = await service.request('PUT', `/api/orders/${id}/payment-method`, {
      paymentMethod: 'pm_card_visa',
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'too_many_payment_methods' } });
    expect((await service.request('POST', `/api/orders/${id}/cancel`)).status).toBe(200);
  });

  it('accepts no other payment method while it does not wait for one', async () => {
    const { id } = await place();
    await orderWithStatus(id, 'completed');
    const answer = await service.request('PUT', `/api/orders/${id}/payment-method`, {
      paymentMethod: 'pm_card_visa',
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'order_already_paid' } });
  });

  it('has its payment returned again if the open return may have already read it', async () => {
    await service.fault({ times: 1, kind: 'status', status: 503, match: { path: '/confirm' } });
    const { id, jobId } = await place();
    await jobWithStatus(service, jobId, 'retrying');
    const returnJobId = `return-payment:${id}`;
    // A run that stays open until the test ends it.
    const open = await service.client.workflow.start<Signatures['returnPayment']>('returnPayment', {
      workflowId: returnJobId,
      taskQueue: taskQueues.jobs,
      args: [{ orderId: id, reason: 'payment_failed' }],
      startDelay: '1 hour',
    });
    expect((await service.request('POST', `/api/orders/${id}/cancel`)).status).toBe(200);
    await jobWithStatus(service, jobId, 'completed');
    await open.terminate('by the test');
    expect((await completedByRelay(service, returnJobId)).result).toEqual({ outcome: 'released' });
    await recordHistory(service, jobId, 'return-follows-open-return');
  });

  it('can be cancelled while it waits for the next attempt, and cannot be paid after that', async () => {
    await service.fault({ times: 1, kind: 'status', status: 503, match: { path: '/confirm' } });
    const { id, jobId } = await place();
    await jobWithStatus(service, jobId, 'retrying');
    const answer = await service.request('POST', `/api/orders/${id}/cancel`);
    expect(answer).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    await jobWithStatus(service, jobId, 'completed');
    expect(await jobWithStatus(service, `return-payment:${id}`, 'completed')).toMatchObject({
      result: { outcome: 'released' },
    });
    await recordHistory(service, jobId, 'cancelled');
    await recordHistory(service, `return-payment:${id}`, 'released');
    expect(await service.request('POST', `/api/orders/${id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'order_closed' },
    });
    expect((await service.ledger(id)).charges).toEqual([]);
  });

  it('that is cancelled during a charge is cancelled if that charge fails, and not retried', async () => {
    await service.fault({ times: 1, kind: 'delay', delayMs: 20_000, match: { path: '/confirm' } });
    await service.fault({
      times: 1,
      kind: 'drop-before',
      match: { path: '/payment_intents', method: 'POST' },
    });
    const { id, jobId } = await place({ paymentMethod: 'pm_card_visa' });
    await eventually(async () => {
      const { body } = await service.request('GET', `/api/orders/${id}`);
      expect((body as { payment: { attempts: unknown[] } }).payment.attempts).toHaveLength(1);
    });
    const answer = await service.request('POST', `/api/orders/${id}/cancel`);
    expect(answer).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    const job = await jobWithStatus(service, jobId, 'completed');
    expect(job.attempts.filter((attempt) => attempt.activity === 'chargeOrder')).toHaveLength(1);
    await jobWithStatus(service, `return-payment:${id}`, 'completed');
    const { charges, refunds } = await service.ledger(id);
    expect(refunds).toHaveLength(charges.length);
  });

  it('that cannot be completed is refunded', async () => {
    const sku = `rare-${randomUUID()}`;
    await service.request('PUT', `/api/stock/${sku}`, { available: 1 });
    const { id, jobId } = await place({ items: [{ sku, quantity: 2, unitAmount: 100 }] });
    const order = await orderWithStatus(id, 'refunded');
    expect(order).toMatchObject({ payment: { amountTaken: 200, amountRefunded: 200 } });
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({
      result: { outcome: 'refunded' },
    });
    const { charges, refunds } = await service.ledger(id);
    expect([charges.length, refunds.length]).toEqual([1, 1]);
    expect(mailsAbout(id)).toEqual([`Refund for order ${id}`]);
    await recordHistory(service, jobId, 'refunded');
    expect((await service.request('GET', `/api/stock/${sku}`)).body).toEqual({ sku, available: 1 });
  });

  it('takes its items out of the stock once', async () => {
    const sku = `some-${randomUUID()}`;
    await service.request('PUT', `/api/stock/${sku}`, { available: 5 });
    const { id } = await place({ items: [{ sku, quantity: 2, unitAmount: 100 }] });
    await orderWithStatus(id, 'completed');
    expect((await service.request('GET', `/api/stock/${sku}`)).body).toEqual({ sku, available: 3 });
  });

  it('is closed by cancelling its job before the payment', async () => {
    const { id, jobId } = await place({ paymentMethod: 'pm_card_chargeDeclined' });
    await jobWithStatus(service, jobId, 'waiting');
    expect((await service.request('DELETE', `/api/jobs/${jobId}`)).status).toBe(202);
    await jobWithStatus(service, jobId, 'cancelled');
    await orderWithStatus(id, 'cancelled');
    await recordHistory(service, jobId, 'job-cancelled');
    expect(await service.request('DELETE', `/api/jobs/${jobId}`)).toMatchObject({
      status: 409,
      body: { code: 'job_closed' },
    });
  });
});

describe('an order whose charge is on its way', () => {
  // A response that the test holds back counts as slow, not as lost.
  const patient = useService({ paymentTimeoutMs: 60_000 });

  it('stays paid if it is cancelled meanwhile and that charge succeeds', async () => {
    const { id: buyer } = await registerUser(patient);
    await patient.fault({ kind: 'delay', delayMs: 50_000, match: { path: '/confirm' } });
    const { id, jobId } = await placeOrder(patient, buyer);
    await eventually(async () => expect((await patient.ledger(id)).charges).toHaveLength(1));
    const cancelling = patient.request('POST', `/api/orders/${id}/cancel`);
    await eventually(async () => {
      const { body } = await patient.request('GET', `/api/jobs/${jobId}`);
      expect((body as JobView).cancelRequestedAt).not.toBeNull();
    });
    await patient.clearFaults();
    expect(await cancelling).toMatchObject({ status: 409, body: { code: 'order_already_paid' } });
    await jobWithStatus(patient, jobId, 'completed');
    expect(await readOrder(patient, id)).toMatchObject({ status: 'completed' });
    expect((await patient.ledger(id)).refunds).toEqual([]);
  });
});

describe('the idempotency key of an order', () => {
  const stored = { id: randomUUID(), status: 'pending', jobId: 'process-order:x' };

  it('repeats the first response, and creates one order from ten concurrent requests', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = orderBody();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => service.request('POST', '/api/orders', body, headers)),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array(10).fill(201));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true')).toHaveLength(9);
    const { id } = answers[0]?.body as { id: string };
    await orderWithStatus(id, 'completed');
    expect((await service.ledger(id)).charges).toHaveLength(1);
  });

  it('refuses another body', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    await service.request('POST', '/api/orders', orderBody(), headers);
    const answer = await service.request('POST', '/api/orders', orderBody({ currency: 'USD' }), headers);
    expect(answer).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it('treats the same body with reordered fields as the same request', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = orderBody();
    const first = await service.request('POST', '/api/orders', body, headers);
    const reordered = Object.fromEntries(Object.entries(body).toReversed());
    const second = await service.request('POST', '/api/orders', reordered, headers);
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  it("is the caller's own: another caller's is another key", async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const other = { ...headers, ...(await makeKey(service.db, 'operator')).headers };
    const first = await service.request('POST', '/api/orders', orderBody(), headers);
    const second = await service.request('POST', '/api/orders', orderBody({ currency: 'USD' }), other);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect((second.body as { id: string }).id).not.toBe((first.body as { id: string }).id);
  });

  it('that an earlier release stored is still known', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = orderBody();
    await service.db
      .insertInto('idempotencyKeys')
      .values({
        scope: 'orders',
        key: headers['idempotency-key'],
        fingerprint: createSecrets(appSecret).earlierFingerprint(body),
        response: JSON.stringify({ status: 201, headers: { Location: '/api/orders/x' }, body: stored }),
        expiresAt: new Date(Date.now() + 3_600_000),
      })
      .execute();
    expect(await service.request('POST', '/api/orders', body, headers)).toMatchObject({
      status: 201,
      body: stored,
    });
    const differs = await service.request('POST', '/api/orders', orderBody({ currency: 'USD' }), headers);
    expect(differs).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it('can be used again after a refused request: nothing was done', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const unknown = await service.request(
      'POST',
      '/api/orders',
      orderBody({ userId: randomUUID() }),
      headers,
    );
    expect(unknown).toMatchObject({
      status: 422,
      body: { code: 'unknown_user', errors: [{ path: 'userId' }] },
    });
    expect((await service.request('POST', '/api/orders', orderBody(), headers)).status).toBe(201);
  });
});

describe('the orders and their customers', () => {
  it('are listed newest first, page by page, by status and user', async () => {
    const placed = [await place(), await place(), await place()].map(({ id }) => id);
    const { body } = await service.request('GET', `/api/orders?userId=${userId}&limit=2`);
    const first = body as { items: { id: string }[]; nextCursor: string };
    expect(first.items.map(({ id }) => id)).toEqual([placed[2], placed[1]]);
    const further = await service.request('GET', `/api/orders?userId=${userId}&cursor=${first.nextCursor}`);
    expect((further.body as typeof first).items[0]?.id).toBe(placed[0]);
    await orderWithStatus(placed[0] ?? '', 'completed');
    const completed = await service.request('GET', '/api/orders?status=completed&limit=100');
    expect((completed.body as typeof first).items.map(({ id }) => id)).toContain(placed[0]);
    const none = await service.request('GET', `/api/orders?userId=${randomUUID()}`);
    expect(none.body).toEqual({ items: [], nextCursor: null });
    const wrong = await service.request('GET', '/api/orders?status=lost');
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ path: 'status' }] } });
    const emails = await service.request('GET', `/api/emails?userId=${userId}&limit=100`);
    const written = (emails.body as { items: { userId: string }[] }).items;
    expect(new Set(written.map((each) => each.userId))).toEqual(new Set([userId]));
  });

  it('are pages for people, which lead from one to the other, and JSON for programs', async () => {
    const { id } = await place();
    await orderWithStatus(id, 'completed');
    const session = await sessionOf(service, 'viewer');
    const page = async (path: string): Promise<string> => {
      const response = await fetch(service.url + path, { headers: { ...session, accept: 'text/html' } });
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      return response.text();
    };
    expect(await page('/api/orders')).toContain(`href="/api/orders/${id}"`);
    const order = await page(`/api/orders/${id}`);
    expect(order).toContain(`href="/api/jobs/process-order:${id}"`);
    expect(order).toContain(`href="/api/users/${userId}"`);
    expect(order).not.toContain(email);
    await eventually(async () =>
      expect(await page(`/api/orders/${id}`)).toMatch(/href="\/api\/emails\/[^"]+">order receipt</),
    );
    const user = await page(`/api/users/${userId}`);
    expect(user).toContain(`href="/api/orders/${id}"`);
    expect(user).toContain(`href="/api/jobs/send-welcome-email:${userId}"`);
    expect(user).toMatch(/href="\/api\/emails\/[^"]+">order receipt</);
    expect(user).toContain('never requested');
    for (const path of ['/api/orders', `/api/orders/${id}`, `/api/users/${userId}`]) {
      const { headers } = await service.request('GET', path);
      expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(headers.get('vary')).toContain('Accept');
    }
  });
});
