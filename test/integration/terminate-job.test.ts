import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BulkJobView } from '../../packages/durable-jobs/src/bulk/json.ts';
import { heldImport } from '../support/bulk.ts';
import { act, acted, placeOrder, readOrder, registerUser } from '../support/job-actions.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { completedByRelay, relayNow, runJob } from '../support/run-job.ts';
import { useService } from '../support/service.ts';

const service = useService();
const reason = 'the customer has asked for it by phone';
let userId = '';

beforeAll(async () => {
  ({ id: userId } = await registerUser(service));
});
beforeEach(() => service.clearFaults());

describe('terminating the job of an order', () => {
  it('closes the order, and makes sure that it keeps no money', async () => {
    const { id, jobId } = await placeOrder(service, userId, 'pm_card_chargeDeclined');
    await jobWithStatus(service, jobId, 'waiting');
    expect(await act(service, jobId, 'terminate', {})).toMatchObject({ status: 400 });
    const job = await acted(service, jobId, 'terminate', { reason });
    expect(job).toMatchObject({ status: 'terminated' });
    expect(job.action.did).toContain(`return-payment:${id}`);
    expect(await readOrder(service, id)).toMatchObject({
      status: 'cancelled',
      failure: { code: 'job_terminated' },
    });
    await jobWithStatus(service, `return-payment:${id}`, 'completed');
    expect(await service.ledger(id)).toMatchObject({ charges: [] });

    // An operator who has terminated it may change their mind.
    await acted(service, jobId, 'retry');
    await jobWithStatus(service, jobId, 'waiting');
    await service.request('PUT', `/api/orders/${id}/payment-method`, { paymentMethod: 'pm_card_visa' });
    await jobWithStatus(service, jobId, 'completed');
    expect((await service.ledger(id)).charges).toHaveLength(1);
  });

  it('returns a payment that was taken if the response was lost', async () => {
    await service.fault({ kind: 'drop-after', times: 5, match: { path: '/confirm' } });
    const { id, jobId } = await placeOrder(service, userId);
    await jobWithStatus(service, jobId, 'retrying');
    expect((await service.ledger(id)).charges).toHaveLength(1);
    await acted(service, jobId, 'terminate', { reason });
    await jobWithStatus(service, `return-payment:${id}`, 'completed');
    expect((await service.ledger(id)).refunds).toHaveLength(1);
    expect(await readOrder(service, id)).toMatchObject({ status: 'cancelled' });
  });

  it('does the same for one that was terminated in another way, when requested', async () => {
    const { id, jobId } = await placeOrder(service, userId, 'pm_card_chargeDeclined');
    await jobWithStatus(service, jobId, 'waiting');
    await service.client.workflow.getHandle(jobId).terminate('in the Web UI');
    await jobWithStatus(service, jobId, 'terminated');
    expect(await readOrder(service, id)).toMatchObject({ status: 'awaiting_payment_method' });
    await acted(service, jobId, 'terminate', { reason });
    await acted(service, jobId, 'terminate', { reason });
    expect(await readOrder(service, id)).toMatchObject({ status: 'cancelled' });
    // The second return waits for the end of the first one, when the relay starts it.
    await completedByRelay(service, `return-payment:${id}`);
  });

  it('is left to the new run if it was retried', async () => {
    const { id, jobId } = await placeOrder(service, userId, 'pm_card_chargeDeclined');
    await jobWithStatus(service, jobId, 'waiting');
    await service.client.workflow.getHandle(jobId).terminate('in the Web UI');
    await jobWithStatus(service, jobId, 'terminated');
    await acted(service, jobId, 'retry');
    await jobWithStatus(service, jobId, 'waiting');
    expect(await readOrder(service, id)).toMatchObject({ status: 'awaiting_payment_method' });
  });

  it('is refused if the job has ended by itself', async () => {
    const { jobId } = await placeOrder(service, userId);
    await jobWithStatus(service, jobId, 'completed');
    expect(await act(service, jobId, 'terminate', { reason })).toMatchObject({
      status: 409,
      body: { code: 'job_closed' },
    });
  });
});

describe('a reconciliation', () => {
  it.each([
    ['awaiting_payment_method', 'cancelled', 0],
    ['paid', 'refunded', 1],
  ] as const)(
    'closes an order that is %s, whose job was terminated by other means',
    async (status, closed, refunds) => {
      if (status === 'paid') await service.fault({ kind: 'status', status: 503, times: 10_000 });
      const card = status === 'paid' ? 'pm_card_visa' : 'pm_card_chargeDeclined';
      const { id, jobId } = await placeOrder(service, userId, card);
      if (status === 'paid') {
        await jobWithStatus(service, jobId, 'retrying');
        // The goods cannot be reserved while a run already holds them for the order.
        await service.db
          .insertInto('stockReservations')
          .values({ orderId: id, sku: 'tea', quantity: 1 })
          .execute();
        await service.clearFaults();
        await acted(service, jobId, 'retry');
      }
      await eventually(async () => {
        const order = await readOrder(service, id);
        const job = (await service.request('GET', `/api/jobs/${jobId}`)).body;
        expect(order, JSON.stringify(job)).toMatchObject({ status });
      });
      await service.client.workflow.getHandle(jobId).terminate('in the Web UI');
      await runJob(service, 'syncPayments', {});
      await eventually(async () => {
        await relayNow(service);
        expect(await readOrder(service, id)).toMatchObject({ status: closed });
      });
      expect((await service.ledger(id)).refunds).toHaveLength(refunds);
      const findings = await service.db
        .selectFrom('findings')
        .selectAll()
        .where('orderId', '=', id)
        .execute();
      expect(findings).toMatchObject([{ kind: 'order_without_job', repair: 'close_order' }]);
    },
  );
});

describe('terminating other jobs', () => {
  it('withdraws a reset, so that it is never sent', async () => {
    const { id, email } = await registerUser(service);
    await service.request('POST', '/api/auth/forgot-password', { email });
    const { links } = (await service.request('GET', `/api/users/${id}`)).body as {
      links: { passwordResetJob: string };
    };
    const jobId = links.passwordResetJob.replace('/api/jobs/', '');
    await jobWithStatus(service, jobId, 'waiting');
    await acted(service, jobId, 'terminate', { reason });
    const rows = await service.db
      .selectFrom('passwordResets')
      .selectAll()
      .where('email', '=', email)
      .execute();
    expect(rows).toHaveLength(1);
    expect(rows[0]?.supersededAt).not.toBeNull();
    expect(await act(service, jobId, 'retry')).toMatchObject({ status: 409 });
  });

  it('cancels the bulk job of its workflow; a retry continues with the remaining items', async () => {
    const { id, jobId, release } = await heldImport(service, 3_000);
    const paused = await acted(service, jobId, 'pause');
    expect(paused.action.did).toContain('starts no more batches');
    await acted(service, jobId, 'terminate', { reason });
    const bulk = async () => (await service.request('GET', `/api/bulk-jobs/${id}`)).body as BulkJobView;
    expect(await bulk()).toMatchObject({ status: 'cancelled' });
    // The worker ends what is in progress, and nothing else.
    await release();
    await eventually(async () => expect((await bulk()).counts.done).toBeGreaterThan(0));
    const { counts } = await bulk();
    expect(counts.pending).toBeGreaterThan(0);
    await acted(service, jobId, 'retry');
    await jobWithStatus(service, jobId, 'completed');
    expect(await bulk()).toMatchObject({ status: 'completed', counts: { done: 3_000, failed: 0 } });
    expect(await act(service, jobId, 'retry')).toMatchObject({ status: 409 });
  });
});
