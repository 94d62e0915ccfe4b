import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobView } from '../../packages/durable-jobs/src/jobs/job-view.ts';
import { holdRows } from '../support/hold-rows.ts';
import { act, acted, moveToSoon, placeOrder, readOrder, registerUser } from '../support/job-actions.ts';
import { eventually, jobWithStatus, lastAttemptEnd } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { completedByRelay } from '../support/run-job.ts';
import { useService } from '../support/service.ts';

const service = useService();
let userId = '';

beforeAll(async () => {
  ({ id: userId } = await registerUser(service));
});
beforeEach(() => service.clearFaults());

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
const read = async (jobId: string): Promise<JobView> =>
  (await service.request('GET', `/api/jobs/${jobId}`)).body as JobView;

/** A job that begins in an hour, by the engine's own delay. */
async function scheduledJob(): Promise<JobView> {
  const { body } = await service.request('POST', '/api/jobs', {
    type: 'deleteExpired',
    dedupeKey: `later-${randomUUID()}`,
    delay: '1h',
  });
  const { jobId } = body as { jobId: string };
  // Its start is made in the background.
  return eventually(async () => {
    const job = await jobWithStatus(service, jobId, 'scheduled');
    expect(job.runId).not.toBeNull();
    return job;
  });
}

/** When an order that waits for another card is given up. Its timer ends later by the time that the worker took to start it. */
async function deadlineOf(jobId: string): Promise<number> {
  const handle = service.client.workflow.getHandle(jobId);
  const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return Date.parse(/until (\S+)/.exec(currentDetails)?.[1] ?? '');
}

/** An account whose reset email waits for its time. */
async function waitingReset(): Promise<{ jobId: string; sent: () => number }> {
  const { id, email } = await registerUser(service);
  await service.request('POST', '/api/auth/forgot-password', { email });
  const { links } = (await service.request('GET', `/api/users/${id}`)).body as {
    links: { passwordResetJob: string };
  };
  const jobId = links.passwordResetJob.replace('/api/jobs/', '');
  await jobWithStatus(service, jobId, 'waiting');
  const sent = () => service.mail.to(email).filter((mail) => mail.subject === 'Reset your password').length;
  return { jobId, sent };
}

describe('a job that waits for its next attempt', () => {
  it('makes none while it is paused, and keeps its time when it is resumed', async () => {
    await service.fault({ kind: 'status', status: 503, times: 1 });
    const { jobId } = await placeOrder(service, userId);
    await jobWithStatus(service, jobId, 'retrying');
    const paused = await acted(service, jobId, 'pause', { reason: 'the provider is changing its keys' });
    expect(paused).toMatchObject({ status: 'paused', plannedAttempts: [] });
    expect(paused.action.did).toContain('chargeOrder');
    expect(await act(service, jobId, 'retry')).toMatchObject({
      status: 409,
      body: { code: 'job_not_retryable' },
    });
    expect(await act(service, jobId, 'reschedule', { at: inMs(60_000) })).toMatchObject({
      status: 409,
      body: { code: 'job_not_reschedulable' },
    });
    // Repeated, it changes nothing.
    await acted(service, jobId, 'pause');
    const resumed = await acted(service, jobId, 'resume');
    expect(resumed.action.did).toContain('its next attempt begins at');
    const job = await jobWithStatus(service, jobId, 'retrying');
    expect(job.attempts).toHaveLength(1);
    const wait = Date.parse(job.plannedAttempts[0] ?? '') - (await lastAttemptEnd(service, jobId));
    expect(Math.round(wait / 1_000)).toBe(60);
    await acted(service, jobId, 'retry');
    await jobWithStatus(service, jobId, 'completed');
    expect(await act(service, jobId, 'resume')).toMatchObject({ status: 409, body: { code: 'job_closed' } });
  });

  it("has no fifth attempt if it is paused during the fourth, and ends with that attempt's error", async () => {
    await service.fault({ kind: 'status', status: 503, times: 3, match: { path: '/confirm' } });
    const { id, jobId } = await placeOrder(service, userId);
    for (let failed = 1; failed <= 3; failed++) {
      await eventually(async () => {
        const job = await jobWithStatus(service, jobId, 'retrying');
        expect(job.attempts).toHaveLength(failed);
      });
      if (failed < 3) await acted(service, jobId, 'retry');
    }
    await service.fault({ kind: 'status', status: 503, times: 10_000 });
    // The fourth stops before it calls the provider, until it is paused.
    const goOn = await holdRows(service.db, (trx) =>
      trx.selectFrom('orders').select('id').where('id', '=', id).forUpdate().execute(),
    );
    await acted(service, jobId, 'retry');
    await jobWithStatus(service, jobId, 'running');
    await acted(service, jobId, 'pause');
    await jobWithStatus(service, jobId, 'paused');
    await goOn();
    await eventually(async () => {
      const { raw } = await service.client.workflow.getHandle(jobId).describe();
      expect(raw.pendingActivities?.[0]?.attempt).toBe(5);
    });
    await service.clearFaults();
    await acted(service, jobId, 'resume');
    const job = await jobWithStatus(service, jobId, 'failed');
    expect(job).toMatchObject({ failure: { code: 'PaymentFailed' } });
    expect(await readOrder(service, id)).toMatchObject({ status: 'payment_failed' });
    const attempts = await service.db
      .selectFrom('paymentAttempts')
      .select('attempt')
      .where('orderId', '=', id)
      .execute();
    expect(attempts).toHaveLength(4);
    expect((await service.ledger(id)).charges).toEqual([]);
  });

  it('makes it at the new time, and restores its own policy afterwards', async () => {
    await service.fault({ kind: 'status', status: 503, times: 2 });
    const { jobId } = await placeOrder(service, userId);
    await jobWithStatus(service, jobId, 'retrying');
    const later = inMs(3_600_000);
    const moved = await acted(service, jobId, 'reschedule', { at: later });
    expect(moved).toMatchObject({ status: 'retrying' });
    expect(Math.abs(Date.parse(moved.plannedAttempts[0] ?? '') - Date.parse(later))).toBeLessThan(10);
    const at = await moveToSoon(service, jobId);
    const again = await eventually(async () => {
      const job = await jobWithStatus(service, jobId, 'retrying');
      expect(job.attempts).toHaveLength(2);
      return job;
    });
    expect(Date.parse(again.attempts[1]?.startedAt ?? '')).toBeGreaterThanOrEqual(at.getTime() - 50);
    const { raw } = await service.client.workflow.getHandle(jobId).describe();
    expect(raw.pendingActivities?.[0]?.activityOptions?.retryPolicy).toMatchObject({ backoffCoefficient: 5 });
    const wait = Date.parse(again.plannedAttempts[0] ?? '') - (await lastAttemptEnd(service, jobId));
    expect(Math.round(wait / 1_000)).toBe(300);
    await acted(service, jobId, 'retry');
    await jobWithStatus(service, jobId, 'completed');
  });

  it('is not paused if it returns a payment', async () => {
    await service.fault({ kind: 'status', status: 503, times: 10_000 });
    const { id, jobId } = await placeOrder(service, userId);
    await jobWithStatus(service, jobId, 'retrying');
    await acted(service, jobId, 'cancel');
    const returning = `return-payment:${id}`;
    await jobWithStatus(service, returning, 'retrying');
    expect(await act(service, returning, 'pause')).toMatchObject({
      status: 409,
      body: { code: 'job_not_pausable' },
    });
    expect(await act(service, returning, 'terminate', { reason: 'no' })).toMatchObject({
      status: 409,
      body: { code: 'job_not_terminable' },
    });
    await service.clearFaults();
    await acted(service, returning, 'retry');
    await jobWithStatus(service, returning, 'completed');
  });
});

describe('a job that waits for a time', () => {
  it('holds a reset email while it is paused, and sends it at the end of the pause if it became due', async () => {
    const { jobId, sent } = await waitingReset();
    expect((await acted(service, jobId, 'pause')).action.did).toContain('the workflow');
    await jobWithStatus(service, jobId, 'paused');
    expect(await act(service, jobId, 'reschedule', { at: inMs(60_000) })).toMatchObject({
      status: 409,
      body: { code: 'job_not_reschedulable', detail: 'The job is paused: resume it first.' },
    });
    await acted(service, jobId, 'resume');
    await jobWithStatus(service, jobId, 'waiting');
    expect(await act(service, jobId, 'resume')).toMatchObject({
      status: 409,
      body: { code: 'job_not_paused' },
    });
    expect(sent()).toBe(0);
    await moveToSoon(service, jobId);
    await jobWithStatus(service, jobId, 'completed');
    expect(sent()).toBe(1);
    await recordHistory(service, jobId, 'held-and-moved');
  });

  it('postpones a reset email', async () => {
    const { jobId } = await waitingReset();
    const at = inMs(86_400_000);
    await acted(service, jobId, 'reschedule', { at });
    await eventually(async () => {
      const [planned] = (await read(jobId)).plannedAttempts;
      expect(Math.abs(Date.parse(planned ?? '') - Date.parse(at))).toBeLessThan(60_000);
    });
    await acted(service, jobId, 'cancel');
    await jobWithStatus(service, jobId, 'cancelled');
  });

  it('accepts a new card while an order is paused, and stops its time limit meanwhile', async () => {
    const { id, jobId } = await placeOrder(service, userId, 'pm_card_chargeDeclined');
    await jobWithStatus(service, jobId, 'waiting');
    const deadline = await deadlineOf(jobId);
    await acted(service, jobId, 'pause');
    expect(await jobWithStatus(service, jobId, 'paused')).toMatchObject({ deadline: null });
    await acted(service, jobId, 'resume');
    await jobWithStatus(service, jobId, 'waiting');
    expect(await deadlineOf(jobId)).toBeGreaterThan(deadline);
    await acted(service, jobId, 'pause');
    await jobWithStatus(service, jobId, 'paused');
    await service.request('PUT', `/api/orders/${id}/payment-method`, { paymentMethod: 'pm_card_visa' });
    await jobWithStatus(service, jobId, 'completed');
    expect(await readOrder(service, id)).toMatchObject({ status: 'completed' });
    await recordHistory(service, jobId, 'held');
  });

  it('gives an order up at the time that it is moved to', async () => {
    const { id, jobId } = await placeOrder(service, userId, 'pm_card_chargeDeclined');
    await jobWithStatus(service, jobId, 'waiting');
    await moveToSoon(service, jobId);
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({
      result: { outcome: 'cancelled', reason: 'payment_method_timeout' },
    });
    expect(await readOrder(service, id)).toMatchObject({ status: 'cancelled' });
  });
});

describe('a job that is yet to begin', () => {
  it('begins at another time, as the same run', async () => {
    const { id: jobId, runId } = await scheduledJob();
    const later = inMs(7_200_000);
    await acted(service, jobId, 'reschedule', { at: later });
    const moved = await eventually(async () => {
      const job = await jobWithStatus(service, jobId, 'scheduled');
      expect(Math.abs(Date.parse(job.plannedAttempts[0] ?? '') - Date.parse(later))).toBeLessThan(60_000);
      return job;
    });
    expect(moved).toMatchObject({ runId, deadline: null, attempts: [] });
    await moveToSoon(service, jobId);
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({ runId });
    await recordHistory(service, jobId, 'rescheduled');
  });

  it('does not begin while it is paused, and keeps its time', async () => {
    const { id: jobId, runId, plannedAttempts } = await scheduledJob();
    await acted(service, jobId, 'pause');
    await jobWithStatus(service, jobId, 'paused');
    await acted(service, jobId, 'resume');
    const resumed = await jobWithStatus(service, jobId, 'scheduled');
    const [planned] = plannedAttempts;
    expect(Math.abs(Date.parse(resumed.plannedAttempts[0] ?? '') - Date.parse(planned ?? ''))).toBeLessThan(
      60_000,
    );
    await acted(service, jobId, 'cancel');
    expect(await jobWithStatus(service, jobId, 'cancelled')).toMatchObject({ runId, attempts: [] });
  });

  it('is cancelled and terminated as it is', async () => {
    const one = await scheduledJob();
    await acted(service, one.id, 'cancel');
    await jobWithStatus(service, one.id, 'cancelled');
    const other = await scheduledJob();
    await acted(service, other.id, 'terminate', { reason: 'not needed any more' });
    await jobWithStatus(service, other.id, 'terminated');
    // Its key is still in use: the decision stays, until someone requests it again.
    await acted(service, other.id, 'retry');
    await jobWithStatus(service, other.id, 'completed');
  });

  it('is moved in the outbox while the engine does not know it', async () => {
    const jobId = `delete-expired:outbox-${randomUUID()}`;
    const dedupeKey = jobId.slice('delete-expired:'.length);
    const entry = { jobType: 'deleteExpired', jobId, input: '{}', dedupeKey };
    await service.db
      .insertInto('outbox')
      .values({ ...entry, nextAttemptAt: new Date(Date.now() + 60_000) })
      .execute();
    // It would begin immediately, and its owner cannot be determined.
    expect(await act(service, jobId, 'reschedule', { at: inMs(120_000) })).toMatchObject({
      status: 503,
      body: { code: 'engine_unavailable' },
    });
    await service.db
      .updateTable('outbox')
      .set({ createdAt: new Date(Date.now() - 60_000), nextAttemptAt: new Date(Date.now() - 1_000) })
      .where('jobId', '=', jobId)
      .execute();
    const at = inMs(3_600_000);
    expect(await acted(service, jobId, 'reschedule', { at })).toMatchObject({
      status: 'scheduled',
      plannedAttempts: [at],
    });
    await moveToSoon(service, jobId);
    await completedByRelay(service, jobId);
  });

  it.each([
    ['the past', { at: '2020-01-01T00:00:00Z' }],
    ['no time', { at: 'tomorrow' }],
    ['nothing', {}],
  ])('is not moved to %s', async (_, body) => {
    expect(await act(service, 'delete-expired:whatever', 'reschedule', body)).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: 'at' }] },
    });
  });
});
