import { jobs } from '../../contracts/catalogue.ts';
import { returnPayment } from '../../contracts/jobs/return-payment.ts';
import { processOrder } from '../../contracts/jobs/process-order.ts';
import { processBulk } from '../../packages/durable-jobs/src/bulk/process-bulk.ts';
import { deleteExpired } from '../../contracts/jobs/delete-expired.ts';
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobInput, JobType } from '../../contracts/signatures.ts';
import {
  enqueueOwn,
  enqueueStart,
  type OutboxEntry,
  type StartConditions,
} from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { performEntry } from '../../packages/durable-jobs/src/jobs/outbox/perform.ts';
import { rescheduleStart } from '../../packages/durable-jobs/src/jobs/outbox/reschedule.ts';
import { withdrawStarts } from '../../packages/durable-jobs/src/jobs/outbox/withdraw.ts';
import { insertOrder, lockOrder } from '../../domain/orders/orders.ts';
import { beginPaymentAttempt, cancelUncharged } from '../../domain/orders/payment-attempts.ts';
import { holdRows, untilLocksAreAwaited } from '../support/hold-rows.ts';
import { registerUser } from '../support/job-actions.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { relayNow } from '../support/run-job.ts';
import { seedUser } from '../support/seed-shop.ts';
import { useService, type Service } from '../support/service.ts';

const service = useService();
let userId = '';
let email = '';

beforeAll(async () => {
  ({ id: userId, email } = await registerUser(service));
});
beforeEach(() => service.clearFaults());

/** Places an order as the API does, and leaves its start like a process that died right after the commit. */
async function placeOnly(on: Service, user = userId): Promise<{ orderId: string; entry: OutboxEntry }> {
  return on.db.transaction().execute(async (trx) => {
    const order = await insertOrder(trx, {
      userId: user,
      currency: 'eur',
      items: [{ sku: 'BOOK-1', quantity: 1, unitAmountMinor: 1_000 }],
      amountMinor: 1_000,
      paymentMethod: 'pm_card_visa',
    });
    const orderId = order?.id ?? '';
    return { orderId, entry: await enqueueStart(trx, processOrder, { orderId }) };
  });
}
const cancelOrder = (id: string, on = service) => on.request('POST', `/api/orders/${id}/cancel`);
const beginAttempt = (orderId: string, on = service) =>
  on.db.insertInto('paymentAttempts').values({ orderId, revision: 1, attempt: 1 }).execute();

describe('an order whose job is not started yet', () => {
  it.each([
    ['by the order', (id: string) => cancelOrder(id), 200],
    ['by its job', (id: string) => service.request('DELETE', `/api/jobs/process-order:${id}`), 202],
  ] as const)(
    'is cancelled at once, %s, and closed by its job, without a charge',
    async (_, cancel, status) => {
      const { orderId, entry } = await placeOnly(service);
      expect((await cancel(orderId)).status).toBe(status);
      expect(await service.request('GET', `/api/orders/${orderId}`)).toMatchObject({
        body: { status: 'cancelled', failure: { code: 'requested' }, payment: { attempts: [] } },
      });
      expect(await cancelOrder(orderId)).toMatchObject({ status: 409, body: { code: 'order_closed' } });
      // An attempt whose outcome was lost is repeated.
      expect((await service.request('DELETE', `/api/jobs/process-order:${orderId}`)).status).toBe(202);

      expect(await relayNow(service)).toBe(1);
      expect(await jobWithStatus(service, entry.jobId, 'completed')).toMatchObject({
        result: { outcome: 'cancelled', reason: 'requested' },
      });
      await recordHistory(service, entry.jobId, 'withdrawn-before-its-start');
      await jobWithStatus(service, `return-payment:${orderId}`, 'completed');
      expect((await service.ledger(orderId)).charges).toEqual([]);
      const { subject } = await service.db
        .selectFrom('emails')
        .select('template as subject')
        .where('key', '=', `order:${orderId}:cancelled`)
        .executeTakeFirstOrThrow();
      expect(subject).toContain('cancelled');
      expect(service.mail.to(email).length).toBeGreaterThan(0);
    },
  );

  it('is started to decide if its payment may have begun', async () => {
    await service.fault({ times: 100, kind: 'status', status: 503 });
    const { orderId, entry } = await placeOnly(service);
    await beginAttempt(orderId);
    expect(await cancelOrder(orderId)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    await service.clearFaults();
    expect(await jobWithStatus(service, entry.jobId, 'completed')).toMatchObject({
      result: { outcome: 'cancelled' },
      starts: [{ outcome: 'started' }],
    });
  });
});

describe('an order whose job no worker runs', () => {
  const idle = useService({ workers: false });

  it('is cancelled at once before its payment, and not reported as cancelled once the payment has begun', async () => {
    const user = await idle.db
      .insertInto('users')
      .values({ email: `ada-${randomUUID()}@example.com`, name: 'Ada', passwordHash: '' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const first = await placeOnly(idle, user.id);
    await idle.dispatcher.dispatch(first.entry);
    expect(await cancelOrder(first.orderId, idle)).toMatchObject({
      status: 200,
      body: { status: 'cancelled' },
    });

    const second = await placeOnly(idle, user.id);
    await idle.dispatcher.dispatch(second.entry);
    await beginAttempt(second.orderId, idle);
    expect(await cancelOrder(second.orderId, idle)).toMatchObject({
      status: 503,
      body: {
        code: 'engine_unavailable',
        detail:
          'No worker has received the request yet, so nothing is decided. It may still be processed: send the request again.',
      },
    });
  });
});

describe('an order that is cancelled at the moment of its first attempt', () => {
  const idle = useService({ workers: false });
  const cancel = (orderId: string) => idle.db.transaction().execute((trx) => cancelUncharged(trx, orderId));
  const charge = (orderId: string) => beginPaymentAttempt(idle.db, { orderId, revision: 1 });
  const readOrder = (orderId: string) =>
    idle.db
      .selectFrom('orders')
      .leftJoin('paymentAttempts', 'orderId', 'id')
      .select(['status', 'attempt'])
      .where('id', '=', orderId)
      .execute();

  it.each(['cancellation', 'attempt'])(
    'is either cancelled or charged, if the %s comes first',
    async (first) => {
      const user = await seedUser(idle.db, new Date());
      for (let round = 0; round < 5; round++) {
        const { orderId } = await placeOnly(idle, user);
        const release = await holdRows(idle.db, (trx) => lockOrder(trx, orderId));
        const results: Promise<unknown>[] = [];
        try {
          for (const work of first === 'attempt' ? [charge, cancel] : [cancel, charge]) {
            results.push(work(orderId));
            await untilLocksAreAwaited(idle.db, results.length);
          }
        } finally {
          await release();
        }
        const [isCancelled, attempt] = await Promise.all(
          first === 'attempt' ? results.toReversed() : results,
        );
        expect([
          { isCancelled: true, attempt: undefined, rows: [{ status: 'cancelled', attempt: null }] },
          {
            isCancelled: false,
            attempt: expect.objectContaining({
              orderId,
              revision: 1,
              attempt: 1,
              paymentMethod: 'pm_card_visa',
            }) as unknown,
            rows: [{ status: 'pending', attempt: 1 }],
          },
        ]).toContainEqual({ isCancelled, attempt, rows: await readOrder(orderId) });
      }
    },
  );
});

describe('a job whose start is not made yet', () => {
  const commit = <K extends JobType>(type: K, input: JobInput<K>, startAt: Date | null = null) =>
    service.db.transaction().execute((trx) => enqueueOwn(trx, jobs.get(type), input, { startAt }));
  const byRequest = { by: 'request', timeoutMs: 5_000 } as const;
  const row = ({ id }: OutboxEntry) =>
    service.db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const cancel = ({ jobId }: OutboxEntry) => service.request('DELETE', `/api/jobs/${jobId}`);
  const inAnHour = (): Date => new Date(Date.now() + 3_600_000);

  it('is withdrawn, shown as cancelled, and never runs', async () => {
    const entry = await commit('deleteExpired', {});
    const answer = await cancel(entry);
    expect(answer).toMatchObject({
      status: 202,
      body: { status: 'cancelled', runId: null, plannedAttempts: [], starts: [{ outcome: 'withdrawn' }] },
    });
    expect(await relayNow(service)).toBe(0);
    expect(await row(entry)).toMatchObject({ outcome: 'withdrawn', dispatchedAt: null, runId: null });
    await expect(service.client.workflow.getHandle(entry.jobId).describe()).rejects.toThrow();
    expect(await service.request('GET', `/api/jobs/${entry.jobId}/why`)).toMatchObject({
      body: { code: 'cancelled' },
    });
    expect(await service.request('GET', `/api/jobs?businessKey=${entry.dedupeKey}`)).toMatchObject({
      body: { items: [] },
    });
    expect(await cancel(entry)).toMatchObject({ status: 409, body: { code: 'job_closed' } });
  });

  it('is cancelled if the call that starts it was in progress', async () => {
    const entry = await commit('deleteExpired', {}, inAnHour());
    await service.db.transaction().execute((trx) => withdrawStarts(trx, entry.jobId));
    expect(await service.dispatcher.dispatch(entry)).toBeUndefined();
    const { runId } = await jobWithStatus(service, entry.jobId, 'cancelled');
    expect(await row(entry)).toMatchObject({ outcome: 'started', runId });
  });

  it('is cancelled by the relay if the process that started it died', async () => {
    const entry = await commit('deleteExpired', {}, inAnHour());
    await performEntry({ client: service.client, jobs, logger: pino({ level: 'silent' }) }, entry, byRequest);
    await jobWithStatus(service, entry.jobId, 'scheduled');
    await service.db.transaction().execute((trx) => withdrawStarts(trx, entry.jobId));
    expect(await relayNow(service)).toBe(0);
    await jobWithStatus(service, entry.jobId, 'cancelled');
    expect((await row(entry)).droppedAt).not.toBeNull();
  });

  it('is cancelled by the relay although a later start of its job waits for another job', async () => {
    const blocker = await commit('deleteExpired', {}, inAnHour());
    const start = (conditions: StartConditions) =>
      service.db.transaction().execute((trx) => enqueueStart(trx, deleteExpired, {}, conditions));
    const entry = await start({ startAt: inAnHour() });
    const perform = { client: service.client, jobs, logger: pino({ level: 'silent' }) };
    const { runId } = await performEntry(perform, entry, byRequest);
    await service.db.transaction().execute((trx) => withdrawStarts(trx, entry.jobId));
    await start({ after: { jobId: blocker.jobId, when: 'completes' } });
    // It makes the other job's start, too.
    expect(await relayNow(service)).toBe(1);
    await eventually(async () => {
      const { status } = await service.client.workflow.getHandle(entry.jobId, runId).describe();
      expect(status.name).toBe('CANCELLED');
    });
    expect((await row(entry)).droppedAt).not.toBeNull();
    for (const { jobId } of [entry, blocker]) await service.request('DELETE', `/api/jobs/${jobId}`);
  });

  it('is withdrawn by itself, without the run of a start that was accepted after it', async () => {
    const start = () =>
      service.db
        .transaction()
        .execute((trx) => enqueueStart(trx, deleteExpired, {}, { startAt: inAnHour() }));
    const withdrawn = await start();
    await service.db.transaction().execute((trx) => withdrawStarts(trx, withdrawn.jobId));
    const wanted = await start();
    const made = await service.dispatcher.dispatch(wanted);
    expect(made?.kind).toBe('started');
    expect(await relayNow(service)).toBe(0);
    expect(await row(withdrawn)).toMatchObject({ outcome: 'withdrawn', runId: null });
    const { cancelRequestedAt } = await jobWithStatus(service, wanted.jobId, 'scheduled');
    expect(cancelRequestedAt).toBeNull();
    await service.client.workflow.getHandle(wanted.jobId).terminate('by the test');
  });

  const act = ({ jobId }: OutboxEntry, action: string, body?: object) =>
    service.request('POST', `/api/jobs/${jobId}/${action}`, body);

  it('is withdrawn if it is terminated, and refused if it must not be terminated', async () => {
    const entry = await commit('deleteExpired', {});
    expect(await act(entry, 'terminate', { reason: 'a test' })).toMatchObject({
      status: 202,
      body: { status: 'cancelled', starts: [{ outcome: 'withdrawn' }], action: { name: 'terminate' } },
    });
    expect(await relayNow(service)).toBe(0);
    const back = await commit('returnPayment', { orderId: randomUUID(), reason: 'order_cancelled' });
    expect(await act(back, 'terminate', { reason: 'a test' })).toMatchObject({
      status: 409,
      body: { code: 'job_not_terminable' },
    });
    expect((await row(back)).withdrawnAt).toBeNull();
  });

  it('has nothing to resume, and is started to be paused', async () => {
    const entry = await commit('deleteExpired', {}, inAnHour());
    expect(await act(entry, 'resume')).toMatchObject({ status: 409, body: { code: 'job_not_paused' } });
    expect(await act(entry, 'pause')).toMatchObject({
      status: 202,
      body: { starts: [{ outcome: 'started' }] },
    });
    // A worker has to receive the pause first.
    await jobWithStatus(service, entry.jobId, 'paused');
    await cancel(entry);
    await jobWithStatus(service, entry.jobId, 'cancelled');
  });

  it('cannot be paused while it is held, which says what can be done', async () => {
    const first = await commit('deleteExpired', {}, inAnHour());
    const entry = await service.db
      .transaction()
      .execute((trx) =>
        enqueueOwn(trx, deleteExpired, {}, { after: { jobId: first.jobId, when: 'completes' } }),
      );
    expect(await act(entry, 'pause')).toMatchObject({
      status: 409,
      body: {
        code: 'job_not_pausable',
        detail: 'The job has not started yet and cannot be paused: reschedule or cancel it.',
      },
    });
    for (const one of [entry, first]) await cancel(one);
  });

  it.each(['by the call that made it', 'by the relay, where the process died that had made it'])(
    'begins at its new time if it was moved while its start was made: %s',
    async (how) => {
      const entry = await commit('deleteExpired', {}, inAnHour());
      const at = new Date(Date.now() + 86_400_000);
      if (!how.includes('call'))
        await performEntry(
          { client: service.client, jobs, logger: pino({ level: 'silent' }) },
          entry,
          byRequest,
        );
      // The engine may not know it yet, as in an outage; asking the engine would find the run.
      expect(await rescheduleStart(service.db, entry.jobId, at)).toBe('moved');
      if (how.includes('call')) expect((await service.dispatcher.dispatch(entry))?.kind).toBe('started');
      else await relayNow(service);
      const { runId, plannedAttempts } = await jobWithStatus(service, entry.jobId, 'scheduled');
      expect(await row(entry)).toMatchObject({ outcome: 'started', runId });
      expect(Math.abs(Date.parse(plannedAttempts[0] ?? '') - at.getTime())).toBeLessThan(60_000);
      await service.client.workflow.getHandle(entry.jobId).terminate('by the test');
    },
  );

  it('is rescheduled over REST, unless it would begin at once and may be in progress', async () => {
    const entry = await commit('deleteExpired', {}, inAnHour());
    const at = new Date(Date.now() + 86_400_000).toISOString();
    expect(await act(entry, 'reschedule', { at })).toMatchObject({
      status: 202,
      body: { plannedAttempts: [at] },
    });
    const atOnce = await commit('deleteExpired', {});
    expect(await act(atOnce, 'reschedule', { at })).toMatchObject({
      status: 503,
      body: { detail: 'The start may be in progress at this moment: try again, or cancel the job.' },
    });
    for (const one of [entry, atOnce]) await cancel(one);
  });

  it('is withdrawn with its bulk job, and refused if it must not be cancelled', async () => {
    const { id } = await service.db
      .insertInto('bulkJobs')
      .values({ task: 'reprice-orders', query: 'open-orders', originKey: null, total: 1 })
      .returning('id')
      .executeTakeFirstOrThrow();
    const bulk = await service.db
      .transaction()
      .execute((trx) => enqueueStart(trx, processBulk, { bulkJobId: id }));
    expect((await cancel(bulk)).status).toBe(202);
    expect(await service.request('GET', `/api/bulk-jobs/${id}`)).toMatchObject({
      body: { status: 'cancelled' },
    });

    const orderId = randomUUID();
    const back = await service.db
      .transaction()
      .execute((trx) => enqueueStart(trx, returnPayment, { orderId, reason: 'order_cancelled' }));
    expect(await cancel(back)).toMatchObject({ status: 409, body: { code: 'job_not_cancellable' } });
    expect((await row(back)).withdrawnAt).toBeNull();
  });
});
