import { processOrder } from '../../contracts/jobs/process-order.ts';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyCodes, type Why } from '../../packages/durable-jobs/src/jobs/explain/why.ts';
import type { Timeline } from '../../packages/durable-jobs/src/jobs/timeline/timeline.ts';
import { searchAttributes } from '../../packages/durable-jobs/src/engine/search-attributes.ts';
import type { JobType } from '../../contracts/signatures.ts';
import { kebabCase } from '../../packages/durable-jobs/src/jobs/kebab-case.ts';
import { reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { heldImport } from '../support/bulk.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { startApi } from '../support/processes.ts';
import { request, useService, type Service } from '../support/service.ts';
import { startStuckWorker } from '../support/stuck/worker.ts';

const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Waits until a job has this explanation, and returns it. */
const explained = (service: Service, id: string, code: string): Promise<Why> =>
  eventually(async () => {
    const { status, body } = await service.request('GET', `/api/jobs/${id}/why`);
    const why = body as Why;
    if (status !== 200 || why.code !== code) throw new Error(`not ${code}: ${JSON.stringify(body)}`);
    expect(why.sentence).toMatch(/\.$/);
    return why;
  });

const paths = (why: Why): string[] => why.actions.flatMap(({ path }) => (path === undefined ? [] : [path]));
const documented = readFileSync(new URL('../../docs/jobs.md', import.meta.url), 'utf8');
const inAnHour = expect.stringMatching(iso) as string;

describe('each reason', () => {
  /** The code of each test of this folder that reads an explanation. */
  const tests = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) =>
      readFileSync(`${import.meta.dirname}/${file}`, 'utf8')
        .split(/^ *it(?=[.(])/m)
        .slice(1),
    )
    .filter((test) => /\/why|\b(?:why|explained)\(/.test(test));

  it.each(whyCodes)('%s is expected by a test, and documented', (code) => {
    const expected = new RegExp(`\\bcode: '${code}'|\\bexplained\\([^;]*'${code}',?\\s*\\)`);
    expect(tests.some((test) => expected.test(test))).toBe(true);
    expect(documented).toContain(`\`${code}\``);
  });
});

describe('why a job is in its state', () => {
  const service = useService({
    config: { PASSWORD_RESET_DELAY: 3_600_000 },
    // A response that the test holds back counts as slow, not as lost.
    paymentTimeoutMs: 60_000,
  });
  let userId = '';

  beforeAll(async () => {
    const user = { email: `ada-${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
    userId = ((await service.request('POST', '/api/auth/register', user)).body as { id: string }).id;
  });

  const order = async (paymentMethod = 'pm_card_visa'): Promise<{ id: string; jobId: string }> => {
    const answer = await service.request('POST', '/api/orders', {
      userId,
      currency: 'EUR',
      items: [{ sku: 'tea', quantity: 1, unitAmount: 450 }],
      paymentMethod,
    });
    return answer.body as { id: string; jobId: string };
  };
  const post = async (change: object): Promise<string> => {
    const answer = await service.request('POST', '/api/jobs', {
      type: 'deleteExpired',
      dedupeKey: randomUUID(),
      ...change,
    });
    return (answer.body as { jobId: string }).jobId;
  };

  it('scheduled: for a time', async () => {
    const why = await explained(service, await post({ delay: '1h' }), 'scheduled');
    expect(why).toMatchObject({
      until: inAnHour,
      sentence: expect.stringContaining(why.until ?? '-') as string,
    });
    expect(Date.parse(why.until ?? '')).toBeGreaterThan(Date.now() + 3_000_000);
  });

  it('running: an activity, on a worker', async () => {
    await service.fault({ kind: 'delay', delayMs: 50_000, times: 1 });
    const { jobId } = await order();
    const why = await explained(service, jobId, 'running');
    expect(why).toMatchObject({
      activity: 'chargeOrder',
      attempt: 1,
      of: 4,
      queue: 'payments',
      since: inAnHour,
    });
    expect(why.worker).not.toBe('');
    expect(why.sentence).toMatch(
      /^It has been running charge order, attempt 1 of 4, on the worker .+ since .+Z\.$/,
    );
    await service.clearFaults();
  });

  it('retrying: what failed, and when it continues; then paused by the server', async () => {
    await service.fault({ kind: 'status', status: 503, times: 1_000 });
    const { jobId } = await order();
    const why = await explained(service, jobId, 'retrying');
    expect(why).toMatchObject({
      activity: 'chargeOrder',
      attempt: 1,
      of: 4,
      queue: 'payments',
      error: { code: 'PaymentProviderUnavailable' },
    });
    expect(Date.parse(why.nextAt ?? '')).toBeGreaterThan(Date.now() + 30_000);
    expect(why.sentence).toContain(`Attempt 1 of 4 of charge order failed with PaymentProviderUnavailable`);
    expect(why.sentence).toContain(why.nextAt);
    expect(paths(why)).toContain(`/api/jobs/${jobId}/retry`);

    const handle = service.client.workflow.getHandle(jobId);
    const [activity] = (await handle.describe()).raw.pendingActivities ?? [];
    await service.client.workflowService.pauseActivity({
      namespace: service.namespace,
      execution: { workflowId: jobId },
      id: activity?.activityId ?? '',
      identity: 'an operator',
      reason: 'the provider is down',
    });
    expect(await explained(service, jobId, 'paused')).toMatchObject({
      activity: 'chargeOrder',
      by: 'an operator',
      reason: 'the provider is down',
      error: { code: 'PaymentProviderUnavailable' },
      sentence:
        'Charge order is paused before its attempt 2 of 4 by an operator (the provider is down); it continues when it is resumed.',
    });
    await handle.terminate();
    await service.clearFaults();
  });

  it('cancelling an activity: the second attempt of a charge, which has no other one to come', async () => {
    await service.fault({ kind: 'status', status: 503, times: 1, match: { path: '/confirm' } });
    const { id, jobId } = await order();
    await jobWithStatus(service, jobId, 'retrying');
    await service.fault({ kind: 'delay', delayMs: 50_000, times: 1, match: { path: '/confirm' } });
    await service.request('POST', `/api/jobs/${jobId}/retry`);
    await jobWithStatus(service, jobId, 'running');
    const cancelled = service.request('POST', `/api/orders/${id}/cancel`);

    const why = await explained(service, jobId, 'cancelling_activity');
    expect(why).toMatchObject({ activity: 'chargeOrder', attempt: 2, of: 4, queue: 'payments', actions: [] });
    expect(why.sentence).toMatch(
      /^Cancellation of charge order was requested at .+Z; its attempt 2 of 4 is still running on the worker .+, and no other attempt follows\.$/,
    );
    const { body: job } = await service.request('GET', `/api/jobs/${jobId}`);
    expect(job).toMatchObject({
      status: 'running',
      cancelRequestedAt: why.since,
      plannedAttempts: [],
      deadline: null,
    });
    const { body: timeline } = await service.request('GET', `/api/jobs/${jobId}/timeline`);
    expect((timeline as Timeline).steps.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        'The workflow requested the cancellation of charge order.',
        'Charge order, attempt 2 of 4, is being cancelled.',
      ]),
    );
    await service.clearFaults();
    await cancelled;
  });

  it('waiting for a time: the delay of an email', async () => {
    const email = `eve-${randomUUID()}@example.com`;
    const { body } = await service.request('POST', '/api/auth/register', {
      email,
      name: 'Eve',
      password: 'correct horse',
    });
    await service.request('POST', '/api/auth/forgot-password', { email });
    const user = await service.request('GET', `/api/users/${(body as { id: string }).id}`);
    const { links } = user.body as { links: { passwordResetJob: string } };
    const why = await explained(
      service,
      links.passwordResetJob.replace('/api/jobs/', ''),
      'waiting_for_time',
    );
    expect(Date.parse(why.until ?? '')).toBeGreaterThan(Date.now() + 3_000_000);
    expect(why.sentence).toBe(`It waits until ${why.until ?? ''} (Send the password-reset email).`);
  });

  it('waiting for a new card; then cancelled', async () => {
    const { id, jobId } = await order('pm_card_chargeDeclined');
    const why = await explained(service, jobId, 'waiting_for_payment_method');
    expect(Date.parse(why.until ?? '')).toBeGreaterThan(Date.now() + 80_000_000);
    expect(paths(why)).toContain(`/api/orders/${id}/payment-method`);
    await service.request('DELETE', `/api/jobs/${jobId}`);
    const cancelled = await explained(service, jobId, 'cancelled');
    expect(cancelled).toMatchObject({ since: inAnHour });
    expect(cancelled.by).not.toBe('');
  });

  it('completed: with its outcome', async () => {
    const { jobId } = await order();
    await jobWithStatus(service, jobId, 'completed');
    expect(await explained(service, jobId, 'completed')).toMatchObject({ outcome: 'completed', actions: [] });
  });

  it('failed: permanently, and what can be done', async () => {
    const entry = await service.db
      .transaction()
      .execute((trx) => enqueueStart(trx, processOrder, { orderId: randomUUID() }));
    await service.dispatcher.dispatch(entry);
    const why = await explained(service, entry.jobId, 'failed');
    expect(why).toMatchObject({ error: { code: 'PaymentFailed' } });
    expect(paths(why)).toEqual([`/api/jobs/${entry.jobId}/retry`]);
  });

  it('terminated: by whom, and why', async () => {
    const jobId = await post({ delay: '1h' });
    // Its start is made in the background.
    await eventually(() => service.client.workflow.getHandle(jobId).terminate('no longer needed'));
    const why = await explained(service, jobId, 'terminated');
    expect(why).toMatchObject({ reason: 'no longer needed' });
    expect(why.sentence).toContain('(no longer needed)');
  });

  it('paused: a bulk job, by its own message', async () => {
    const { id, jobId, release } = await heldImport(service, 3_000);
    await service.request('POST', `/api/bulk-jobs/${id}/pause`);
    const why = await explained(service, jobId, 'paused');
    expect(why).toMatchObject({ since: inAnHour });
    await release();
    await service.request('POST', `/api/bulk-jobs/${id}/resume`);
    await explained(service, jobId, 'completed');
  });

  it('is not there for a job that is not there', async () => {
    expect(await service.request('GET', '/api/jobs/process-order:none/why')).toMatchObject({ status: 404 });
  });
});

describe('why a job is stuck', () => {
  const service = useService({ workers: false });
  let worker: Awaited<ReturnType<typeof startStuckWorker>> | undefined;

  beforeAll(async () => {
    worker = await startStuckWorker(service);
  });
  afterAll(() => worker?.stop());

  const start = async (
    type: JobType,
    options: { workflowExecutionTimeout?: number } = {},
  ): Promise<string> => {
    const businessKey = randomUUID();
    const workflowId = `${kebabCase(type)}:${businessKey}`;
    await service.client.workflow.start(type as string, {
      workflowId,
      taskQueue: 'jobs',
      typedSearchAttributes: [
        { key: searchAttributes.jobType, value: type },
        { key: searchAttributes.businessKey, value: businessKey },
      ],
      ...options,
    });
    return workflowId;
  };
  const end = (id: string) => service.client.workflow.getHandle(id).terminate();

  it('its worker was lost', async () => {
    const id = await start('syncPayments');
    const why = await explained(service, id, 'worker_lost');
    expect(why).toMatchObject({
      activity: 'hang',
      attempt: 1,
      of: 3,
      worker: 'a worker of this test',
      nextAt: inAnHour,
    });
    expect(why.sentence).toMatch(
      /^Attempt 1 of 3 of hang was lost: the worker a worker of this test stopped sending heartbeats/,
    );
    await end(id);
  });

  it('an attempt took too long', async () => {
    const id = await start('runMaintenance');
    const why = await explained(service, id, 'attempt_timed_out');
    expect(why).toMatchObject({
      activity: 'hang',
      attempt: 1,
      of: 3,
      error: { code: 'Timeout' },
      nextAt: inAnHour,
    });
    await end(id);
  });

  it('keeps every slot of work that cannot be cancelled at once', async () => {
    const first = await start('refreshStatistics');
    await explained(service, first, 'running');
    const second = await start('refreshStatistics');
    await eventually(async () => {
      expect(await explained(service, second, 'queued')).toMatchObject({ activity: 'hang', queue: 'jobs' });
    });
    // It does not heartbeat, so it does not learn of the cancellation.
    await service.client.workflow.getHandle(first).cancel();
    const why = await explained(service, first, 'cancelling');
    expect(why).toMatchObject({ activity: 'hang', since: inAnHour });
    expect(why.sentence).toMatch(/^Cancellation was requested at .+; the job ends once hang has ended\.$/);
    await end(first);
    await end(second);
  });

  it('no worker takes its activity', async () => {
    const id = await start('returnPayment');
    const why = await explained(service, id, 'no_worker');
    expect(why).toMatchObject({ activity: 'hang', queue: 'nobody' });
    expect(why.sentence).toBe('No worker polls the queue nobody; the job continues as soon as one does.');
  });

  it('it waits for a message, or for a child job', async () => {
    const id = await start('runDailyReport');
    const why = await explained(service, id, 'waiting_for_child');
    expect(await explained(service, why.child ?? '', 'waiting_for_message')).toMatchObject({
      sentence: 'It waits for a message.',
    });
  });

  it('its code fails', async () => {
    const id = await start('sendWelcomeEmail');
    await eventually(async () => {
      const why = await explained(service, id, 'code_fails');
      expect(why).toMatchObject({ error: { code: 'Error', message: 'a bug of ours' } });
      expect(why.attempt).toBeGreaterThan(1);
    });
  });

  it('it exceeded its time limit', async () => {
    const id = await start('startBulkJob', { workflowExecutionTimeout: 1_000 });
    expect(await explained(service, id, 'timed_out')).toMatchObject({ since: inAnHour });
    expect(await jobWithStatus(service, id, 'failed')).toMatchObject({ failure: { code: 'Timeout' } });
  });

  it('the running code does not replay it; then no worker is running', async () => {
    const id = await start('deleteExpired');
    await explained(service, id, 'waiting_for_time');
    await worker?.stop();
    worker = await startStuckWorker(service, { changed: true });
    // Any further event makes the worker replay it.
    await service.client.workflow.getHandle(id).signal('anything');
    const why = await explained(service, id, 'code_does_not_replay');
    expect(why.error?.message).toMatch(/nondetermin/i);
    expect(why.sentence).toContain("The worker's code is not compatible with the history of this job");
  });
});

describe('why a job has not begun', () => {
  const service = useService({ workers: false });
  const commit = (orderId = randomUUID()) =>
    service.db.transaction().execute((trx) => enqueueStart(trx, processOrder, { orderId }));

  it('no worker serves its queue', async () => {
    const entry = await commit();
    await service.dispatcher.dispatch(entry);
    expect(await explained(service, entry.jobId, 'no_worker')).toMatchObject({
      queue: 'jobs',
      since: inAnHour,
      sentence: 'No worker polls the queue jobs; the job continues as soon as one does.',
    });
  });

  it('its start is about to be made', async () => {
    const { jobId } = await commit();
    expect(await explained(service, jobId, 'starting')).toMatchObject({ nextAt: inAnHour });
  });

  it('the engine is unavailable', async () => {
    const { jobId } = await commit();
    const { port, release } = await reservePort();
    const cutOff = await startApi(service, {
      TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
      ENGINE_TIMEOUT: '200ms',
    });
    try {
      const { status, body } = await request(cutOff.url, 'GET', `/api/jobs/${jobId}/why`);
      expect(status).toBe(200);
      expect(body).toMatchObject({ code: 'engine_away' });
      expect((body as Why).sentence).toContain('the job engine cannot be reached');
      const unknown = await request(cutOff.url, 'GET', '/api/jobs/process-order:none/why');
      expect(unknown).toMatchObject({ status: 503, body: { code: 'engine_unavailable' } });
    } finally {
      await cutOff.stop();
      release();
    }
  });
});
