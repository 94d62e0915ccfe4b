import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobView } from '../../packages/durable-jobs/src/jobs/job-view.ts';
import {
  act,
  acted,
  failedOrder,
  moveToSoon,
  placeOrder,
  readOrder,
  registerUser,
  returnMoney,
} from '../support/job-actions.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { startJob } from '../support/run-job.ts';
import { useService } from '../support/service.ts';

const service = useService();
let userId = '';
let email = '';

beforeAll(async () => {
  ({ id: userId, email } = await registerUser(service));
});
beforeEach(() => service.clearFaults());

const runsOf = async (jobId: string): Promise<string[]> => {
  const runs: string[] = [];
  for await (const run of service.client.workflow.list({ query: `WorkflowId = '${jobId}'` }))
    runs.push(run.runId);
  return runs;
};

describe('retrying a job that waits for its next attempt', () => {
  it('makes the attempt now, and counts it', async () => {
    await service.fault({ kind: 'status', status: 503, times: 2 });
    const { id, jobId } = await placeOrder(service, userId);
    await jobWithStatus(service, jobId, 'retrying');
    expect((await acted(service, jobId, 'retry')).action).toEqual({
      name: 'retry',
      did: 'The next attempt begins now: chargeOrder.',
    });
    await eventually(async () => {
      const job = await jobWithStatus(service, jobId, 'retrying');
      expect(job.attempts).toMatchObject([{ number: 1 }, { number: 2 }]);
    });
    await acted(service, jobId, 'retry', { reason: 'the provider is back' });
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({
      result: { outcome: 'completed' },
    });
    expect((await service.ledger(id)).charges).toHaveLength(1);
  });

  it('is refused if nothing waits for an attempt, and if everything is done', async () => {
    const { jobId } = await placeOrder(service, userId, 'pm_card_chargeDeclined');
    await jobWithStatus(service, jobId, 'waiting');
    expect(await act(service, jobId, 'retry')).toMatchObject({
      status: 409,
      body: { code: 'job_not_retryable' },
    });
    const done = await placeOrder(service, userId);
    await jobWithStatus(service, done.jobId, 'completed');
    expect(await act(service, done.jobId, 'retry')).toMatchObject({
      status: 409,
      body: { code: 'job_not_retryable', detail: 'The job is completed.' },
    });
  });
});

describe('a retry with a scope', () => {
  it('does not start a job again that was cancelled a moment before, and makes no attempt of a run that goes on', async () => {
    await service.fault({ kind: 'status', status: 503, times: 10_000 });
    const { jobId } = await placeOrder(service, userId);
    await jobWithStatus(service, jobId, 'retrying');
    expect(await act(service, jobId, 'retry', { scope: 'run' })).toMatchObject({
      status: 409,
      body: {
        code: 'job_not_retryable',
        detail: 'The job has not ended: it cannot be started again.',
      },
    });
    expect((await acted(service, jobId, 'retry', { scope: 'attempt', reason: 'a test' })).action.did).toBe(
      'The next attempt begins now: chargeOrder.',
    );
    await acted(service, jobId, 'cancel');
    await service.clearFaults();
    await jobWithStatus(service, jobId, 'cancelled');
    expect(await act(service, jobId, 'retry', { scope: 'attempt' })).toMatchObject({
      status: 409,
      body: { code: 'job_not_retryable', detail: 'The job is cancelled: it has no further attempt.' },
    });
    expect(await runsOf(jobId)).toHaveLength(1);
  });

  it('is refused if it is unknown', async () => {
    expect(await act(service, 'process-order:none', 'retry', { scope: 'all' })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: 'scope' }] },
    });
  });
});

describe('retrying an order whose payment has failed', () => {
  it('waits until the payment is returned, then opens the order for another payment once', async () => {
    const { id, jobId } = await failedOrder(service, userId);
    const first = await jobWithStatus(service, jobId, 'failed');
    expect(await act(service, jobId, 'retry')).toMatchObject({
      status: 409,
      body: { code: 'job_not_retryable', detail: expect.stringContaining(`return-payment:${id}`) as string },
    });
    await returnMoney(service, id);

    const answers = await Promise.all(Array.from({ length: 4 }, () => act(service, jobId, 'retry')));
    expect(answers.map((answer) => answer.status)).toContain(202);
    for (const { status, body } of answers) {
      // A later request finds the new run in progress.
      if (status !== 202) expect(body).toMatchObject({ status: 409, code: 'job_not_retryable' });
    }
    const second = await jobWithStatus(service, jobId, 'completed');
    expect(second.runId).not.toBe(first.runId);
    await recordHistory(service, jobId, 'retried-by-operator');
    await eventually(async () => expect(await runsOf(jobId)).toHaveLength(2));

    const firstLink = `/api/jobs/${jobId}?runId=${first.runId ?? ''}`;
    const secondLink = `/api/jobs/${jobId}?runId=${second.runId ?? ''}`;
    expect(second.links).toMatchObject({ retryOf: firstLink, retriedBy: null });
    const firstAgain = (await service.request('GET', firstLink)).body as JobView;
    expect(firstAgain).toMatchObject({ status: 'failed', runId: first.runId });
    await eventually(async () =>
      expect((await service.request('GET', firstLink)).body).toMatchObject({
        links: { retryOf: null, retriedBy: secondLink },
      }),
    );

    const { charges, refunds } = await service.ledger(id);
    expect(charges).toHaveLength(1);
    expect(refunds).toHaveLength(0);
    expect(await readOrder(service, id)).toMatchObject({ status: 'completed' });
    const subjects = service.mail.to(email).map((mail) => mail.subject);
    expect(subjects.filter((subject) => subject?.includes('receipt') ?? false).length).toBeLessThanOrEqual(1);
  });

  it('keeps the books of a payment that was taken and given back', async () => {
    const { id, jobId } = await failedOrder(service, userId, { taken: true });
    await returnMoney(service, id);
    const before = await service.ledger(id);
    expect(before).toMatchObject({ charges: [{}], refunds: [{}] });
    await acted(service, jobId, 'retry');
    await jobWithStatus(service, jobId, 'completed');
    const { charges, refunds } = await service.ledger(id);
    expect(charges.length - refunds.length).toBe(1);
    expect(refunds).toEqual(before.refunds);
    const rounds = await service.db
      .selectFrom('orderPaymentRounds')
      .selectAll()
      .where('orderId', '=', id)
      .execute();
    expect(rounds).toHaveLength(1);
    expect(rounds[0]?.refundedMinor).toBe(before.refunds.length * 450);

    // The effects of a later round are shown, and so are those of an earlier one.
    const toldOf = async (job: string): Promise<string[]> => {
      const { body } = await service.request('GET', `/api/jobs/${job}/timeline`);
      return (body as { steps: { text: string }[] }).steps.map(({ text }) => text);
    };
    expect(await toldOf(jobId)).toContain('The email “order receipt” was sent.');
    expect(await toldOf(`return-payment:${id}`)).toContain('The customer was refunded EUR 4.50.');

    // The next comparison with the provider has nothing to report about it.
    const sync = await startJob(service, 'syncPayments', {});
    await jobWithStatus(service, sync, 'completed');
    const findings = await service.db.selectFrom('findings').selectAll().where('orderId', '=', id).execute();
    expect(findings).toEqual([]);
  });

  it('charges the payment method that was named last', async () => {
    const { id, jobId } = await placeOrder(service, userId, 'pm_card_chargeDeclined');
    await jobWithStatus(service, jobId, 'waiting');
    await service.fault({ kind: 'status', status: 503, times: 10_000 });
    const changed = await service.request('PUT', `/api/orders/${id}/payment-method`, {
      paymentMethod: 'pm_card_visa',
    });
    expect(changed.status).toBe(202);
    await eventually(async () => {
      const job = await jobWithStatus(service, jobId, 'retrying', 'failed', 'running');
      if (job.status === 'retrying') await act(service, jobId, 'retry');
      expect(job.status).toBe('failed');
    });
    await returnMoney(service, id);
    await acted(service, jobId, 'retry');
    await jobWithStatus(service, jobId, 'completed');
    expect((await service.ledger(id)).charges).toHaveLength(1);
  });

  it('is refused if the order was cancelled', async () => {
    const { jobId } = await placeOrder(service, userId, 'pm_card_chargeDeclined');
    await jobWithStatus(service, jobId, 'waiting');
    await acted(service, jobId, 'cancel');
    await jobWithStatus(service, jobId, 'cancelled');
    expect(await act(service, jobId, 'retry')).toMatchObject({
      status: 409,
      body: { code: 'job_not_retryable', detail: expect.stringContaining('cancelled') as string },
    });
  });
});

describe('retrying other jobs', () => {
  it('mails a welcome once, however often it is requested', async () => {
    const address = `grace-${randomUUID()}@example.com`;
    service.mail.refuseWith(550, address);
    const user = { email: address, name: 'Grace', password: 'correct horse' };
    const { jobId } = (await service.request('POST', '/api/auth/register', user)).body as { jobId: string };
    await jobWithStatus(service, jobId, 'failed');
    service.mail.refuseWith(undefined);
    await acted(service, jobId, 'retry', { reason: 'the mailbox is there now' });
    await jobWithStatus(service, jobId, 'completed');
    expect(service.mail.to(address)).toHaveLength(1);
    expect(await act(service, jobId, 'retry')).toMatchObject({ status: 409 });
    const rows = await service.db.selectFrom('jobRetries').selectAll().where('jobId', '=', jobId).execute();
    expect(rows).toMatchObject([{ reason: 'the mailbox is there now' }]);
  });

  it('refuses a reset that was withdrawn, and sends the newest that is open', async () => {
    const { email: address } = await registerUser(service);
    await service.request('POST', '/api/auth/forgot-password', { email: address });
    const row = await service.db
      .selectFrom('passwordResets')
      .selectAll()
      .where('email', '=', address)
      .executeTakeFirstOrThrow();
    const jobId = `send-password-reset:${row.accountKey ?? ''}`;
    await jobWithStatus(service, jobId, 'waiting');
    // Ended in another way than over the API: the request is still open.
    await service.client.workflow.getHandle(jobId).terminate('in the Web UI');
    await jobWithStatus(service, jobId, 'terminated');
    await acted(service, jobId, 'retry');
    const again = await jobWithStatus(service, jobId, 'waiting');
    expect(again.links.retryOf).not.toBeNull();
    await moveToSoon(service, jobId);
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({ result: { outcome: 'sent' } });
    const resets = service.mail.to(address).filter((mail) => mail.subject === 'Reset your password');
    expect(resets).toHaveLength(1);

    await service.request('POST', '/api/auth/forgot-password', { email: address });
    await jobWithStatus(service, jobId, 'waiting');
    await acted(service, jobId, 'cancel');
    await jobWithStatus(service, jobId, 'cancelled');
    expect(await act(service, jobId, 'retry')).toMatchObject({
      status: 409,
      body: { code: 'job_not_retryable', detail: expect.stringContaining('withdrawn') as string },
    });
  });

  it('reports on the day that the first run was for', async () => {
    const planned = new Date('2026-03-02T02:00:00.000Z');
    const jobId = `run-daily-report:daily-${randomUUID()}`;
    const { scheduledStartTime, searchAttributes } =
      await import('../../packages/durable-jobs/src/engine/search-attributes.ts');
    const handle = await service.client.workflow.start('runDailyReport', {
      workflowId: jobId,
      taskQueue: 'nobody-polls-this',
      args: [{}],
      typedSearchAttributes: [
        { key: searchAttributes.jobType, value: 'runDailyReport' },
        { key: searchAttributes.businessKey, value: 'daily-report' },
        { key: scheduledStartTime, value: planned },
      ],
    });
    await handle.terminate('it never ran');
    await acted(service, jobId, 'retry', { scope: 'run' });
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({
      businessKey: 'daily-report',
      result: { day: '2026-03-01' },
    });
  });

  it('responds with 404 for workflows that are not our jobs', async () => {
    const workflowId = `foreign:${randomUUID()}`;
    const handle = await service.client.workflow.start('somebodyElses', {
      workflowId,
      taskQueue: 'elsewhere',
    });
    for (const action of ['cancel', 'retry', 'pause', 'resume']) {
      expect((await act(service, workflowId, action)).status).toBe(404);
    }
    expect((await act(service, workflowId, 'terminate', { reason: 'none' })).status).toBe(404);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await handle.terminate();
  });
});
