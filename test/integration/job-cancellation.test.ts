import { sendPasswordReset } from '../../contracts/jobs/send-password-reset.ts';
import { returnPayment } from '../../contracts/jobs/return-payment.ts';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { attemptNow, eventually, jobWithStatus } from '../support/jobs.ts';
import { startWorker } from '../support/processes.ts';
import { recordHistory } from '../support/record-history.ts';
import { useService } from '../support/service.ts';

const service = useService();
let userId = '';

beforeAll(async () => {
  const user = { email: `ada-${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
  userId = ((await service.request('POST', '/api/auth/register', user)).body as { id: string }).id;
});

/** Places an order whose card is declined, so that its job waits for another one. */
async function waitingOrder(): Promise<{ id: string; jobId: string }> {
  const { body } = await service.request('POST', '/api/orders', {
    userId,
    currency: 'EUR',
    items: [{ sku: 'tea', quantity: 1, unitAmount: 450 }],
    paymentMethod: 'pm_card_chargeDeclined',
  });
  const order = body as { id: string; jobId: string };
  await jobWithStatus(service, order.jobId, 'waiting');
  return order;
}

const cancel = (jobId: string) => service.request('DELETE', `/api/jobs/${jobId}`);

describe('cancelling a job', () => {
  it('is refused if it would have no effect: the order is paid', async () => {
    const { id, jobId } = await waitingOrder();
    await service.db.updateTable('orders').set({ status: 'paid' }).where('id', '=', id).execute();
    expect(await cancel(jobId)).toMatchObject({ status: 409, body: { code: 'order_already_paid' } });
    await service.db
      .updateTable('orders')
      .set({ status: 'awaiting_payment_method' })
      .where('id', '=', id)
      .execute();
    expect((await cancel(jobId)).status).toBe(202);
    await jobWithStatus(service, jobId, 'cancelled');
  });

  it('is refused if a payment has to be returned', async () => {
    await service.fault({ kind: 'status', status: 503, times: 1_000 });
    const { id: orderId } = await service.db
      .insertInto('orders')
      .values({ userId, currency: 'eur', amountMinor: 450, status: 'cancelled' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const entry = await service.db
      .transaction()
      .execute((trx) => enqueueStart(trx, returnPayment, { orderId, reason: 'order_cancelled' }));
    await service.dispatcher.dispatch(entry);
    await jobWithStatus(service, entry.jobId, 'retrying');
    expect(await cancel(entry.jobId)).toMatchObject({
      status: 409,
      body: { code: 'job_not_cancellable' },
    });
    // A cancellation in the Web UI does not keep the money either.
    await service.client.workflow.getHandle(entry.jobId).cancel();
    await service.clearFaults();
    await attemptNow(service, entry.jobId);
    expect(await jobWithStatus(service, entry.jobId, 'completed')).toMatchObject({
      result: { outcome: 'released' },
    });
  });

  it('answers 409 if the job has ended', async () => {
    const { jobId } = await waitingOrder();
    expect((await cancel(jobId)).status).toBe(202);
    await jobWithStatus(service, jobId, 'cancelled');
    expect(await cancel(jobId)).toMatchObject({ status: 409, body: { code: 'job_closed' } });
  });
});

describe('a workflow that is not a job of the service', () => {
  it('can neither be read nor cancelled', async () => {
    const workflowId = `foreign:${randomUUID()}`;
    const handle = await service.client.workflow.start('somebodyElses', {
      workflowId,
      taskQueue: 'somebody-elses',
    });
    expect((await service.request('GET', `/api/jobs/${workflowId}`)).status).toBe(404);
    expect((await cancel(workflowId)).status).toBe(404);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await handle.terminate();
  });
});

describe('a job that ran before', () => {
  it('shows as scheduled from the commit of its next start on', async () => {
    const accountKey = randomUUID().replaceAll('-', '');
    const start = async () => {
      const { requestId, requestedAt } = await service.db
        .insertInto('passwordResets')
        .values({ email: `nobody-${randomUUID()}@example.com`, accountKey })
        .returning(['id as requestId', 'requestedAt'])
        .executeTakeFirstOrThrow();
      const input = { accountKey, requestId, requestedAt: requestedAt.toISOString(), delayMs: 0 };
      return service.db.transaction().execute((trx) => enqueueStart(trx, sendPasswordReset, input));
    };
    const first = await start();
    await service.dispatcher.dispatch(first);
    await jobWithStatus(service, first.jobId, 'completed');
    await start();
    expect(await service.request('GET', `/api/jobs/${first.jobId}`)).toMatchObject({
      status: 200,
      body: { status: 'scheduled', runId: null },
    });
  });
});

describe('while no worker runs', () => {
  const idle = useService({ workers: false, config: { PASSWORD_RESET_DELAY: 500 } });

  it('sends a reset that is requested after a cancellation, and not the one before it', async () => {
    const email = `ada-${randomUUID()}@example.com`;
    const user = { email, name: 'Ada', password: 'old password' };
    const { id } = (await idle.request('POST', '/api/auth/register', user)).body as { id: string };
    const { links } = (await idle.request('GET', `/api/users/${id}`)).body as {
      links: { passwordResetJob: string };
    };
    const forgot = () => idle.request('POST', '/api/auth/forgot-password', { email });
    await forgot();
    expect((await idle.request('DELETE', links.passwordResetJob)).status).toBe(202);
    await forgot();

    const worker = await startWorker(idle);
    const sent = () => idle.mail.to(email).filter((mail) => mail.subject === 'Reset your password');
    await eventually(() => expect(sent()).toHaveLength(1));
    const jobId = links.passwordResetJob.replace('/api/jobs/', '');
    await jobWithStatus(idle, jobId, 'completed');
    expect(sent()).toHaveLength(1);
    const { events } = await idle.client.workflow.getHandle(jobId).fetchHistory();
    const cancelled = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    if (cancelled) await recordHistory(idle, jobId, 'cancelled-for-an-earlier-request', cancelled);
    const rows = await idle.db
      .selectFrom('passwordResets')
      .select(['sentAt', 'supersededAt'])
      .where('email', '=', email)
      .orderBy('requestedAt')
      .execute();
    expect(rows.map((row) => [row.sentAt !== null, row.supersededAt !== null])).toEqual([
      [false, true],
      [true, false],
    ]);
    expect(await worker.stop()).toBe(0);
  });
});
