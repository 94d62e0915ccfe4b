import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BulkJobView } from '../../packages/durable-jobs/src/bulk/json.ts';
import { searchAttributes } from '../../packages/durable-jobs/src/engine/search-attributes.ts';
import { acted, failedOrder, placeOrder, registerUser, returnMoney } from '../support/job-actions.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { relayNow } from '../support/run-job.ts';
import { useService, type Answer } from '../support/service.ts';

const service = useService();
let userId = '';

beforeAll(async () => {
  ({ id: userId } = await registerUser(service));
});

const batch = (body: object): Promise<Answer> => service.request('POST', '/api/jobs/batch', body);

interface DryRun {
  total: number;
  jobs: { id: string }[];
}

/** Waits until the engine's list of jobs, which lags, contains all of them. */
const listed = (body: object, total: number): Promise<DryRun> =>
  eventually(async () => {
    const answer = await batch({ ...body, dryRun: true });
    expect(answer).toMatchObject({ status: 200, body: { total } });
    return answer.body as DryRun;
  });

/** Starts a batch, and returns its bulk job when it has ended, with the items that failed. */
async function runBatch(
  body: object,
): Promise<BulkJobView & { failedItems: { items: { item: unknown; error: { code: string } }[] } }> {
  const answer = await batch(body);
  expect(answer.status).toBe(202);
  const { links } = answer.body as { links: { bulkJob: string } };
  return eventually(async () => {
    const job = (await service.request('GET', links.bulkJob)).body as BulkJobView;
    expect(job.status).toBe('completed');
    return job as never;
  });
}

/** Starts a job that no worker runs. */
async function idleJob(businessKey: string): Promise<string> {
  const workflowId = `refresh-statistics:${businessKey}`;
  await service.client.workflow.start('refreshStatistics', {
    workflowId,
    taskQueue: 'nobody-polls-this',
    args: [{}],
    typedSearchAttributes: [
      { key: searchAttributes.jobType, value: 'refreshStatistics' },
      { key: searchAttributes.businessKey, value: businessKey },
    ],
  });
  return workflowId;
}

describe('a batch', () => {
  it('retries failed orders, and reports those that refuse', async () => {
    const ready = await failedOrder(service, userId);
    await returnMoney(service, ready.id);
    const early = await failedOrder(service, userId);
    const query = { type: 'processOrder', errorCode: 'PaymentFailed' };
    const { jobs } = await listed({ query, action: 'retry' }, 2);
    expect(jobs.map(({ id }) => id).toSorted()).toEqual([ready.jobId, early.jobId].toSorted());
    // A dry run has done nothing.
    expect(await service.db.selectFrom('jobRetries').selectAll().execute()).toEqual([]);

    await service.clearFaults();
    await service.db
      .updateTable('orders')
      .set({ paymentReturnedAt: null })
      .where('id', '=', early.id)
      .execute();
    await jobWithStatus(service, `return-payment:${early.id}`, 'retrying', 'completed');
    const done = await runBatch({ query, action: 'retry', reason: 'the provider is back' });
    expect(done).toMatchObject({ task: 'act-on-jobs', counts: { total: 2, done: 1, failed: 1 } });
    expect(done.failedItems.items).toMatchObject([
      { item: { jobId: early.jobId, action: 'retry' }, error: { code: 'job_not_retryable' } },
    ]);
    await relayNow(service);
    await jobWithStatus(service, ready.jobId, 'completed');
    expect((await service.ledger(ready.id)).charges).toHaveLength(1);
    const retries = await service.db.selectFrom('jobRetries').selectAll().execute();
    expect(retries).toMatchObject([{ jobId: ready.jobId, reason: 'the provider is back' }]);

    // The same runs again, as after a second click: retried runs stay retried.
    await service.request('POST', `/api/bulk-jobs/${done.id}/retry-failed`);
    expect(await service.db.selectFrom('jobRetries').selectAll().execute()).toHaveLength(1);
  });

  it('acts once on a run that two batches have', async () => {
    const keys = ['a', 'b', 'c'].map((name) => `twice-${name}-${randomUUID().slice(0, 8)}`);
    const ids = await Promise.all(keys.map(idleJob));
    for (const id of ids) await service.client.workflow.getHandle(id).terminate('for the test');
    const body = { query: { businessKeyPrefix: 'twice-', status: 'terminated' }, action: 'retry' };
    await listed(body, 3);
    const [one, other] = await Promise.all([runBatch(body), runBatch(body)]);
    expect(one).toMatchObject({ counts: { total: 3, failed: 0 } });
    expect(other).toMatchObject({ counts: { total: 3, failed: 0 } });
    await relayNow(service);
    for (const id of ids) {
      await jobWithStatus(service, id, 'completed');
      const rows = await service.db.selectFrom('jobRetries').selectAll().where('jobId', '=', id).execute();
      expect(rows).toHaveLength(1);
    }
  });

  it('pauses, resumes, cancels and terminates open jobs', async () => {
    const orders = await Promise.all(
      Array.from({ length: 3 }, () => placeOrder(service, userId, 'pm_card_chargeDeclined')),
    );
    for (const { jobId } of orders) await jobWithStatus(service, jobId, 'waiting');
    const query = { type: 'processOrder' };
    await listed({ query, action: 'pause' }, 3);
    await runBatch({ query, action: 'pause', reason: 'the card network is down' });
    for (const { jobId } of orders) await jobWithStatus(service, jobId, 'paused');
    await runBatch({ query, action: 'resume' });
    for (const { jobId } of orders) await jobWithStatus(service, jobId, 'waiting');

    const [first, second, third] = orders;
    if (!first || !second || !third) throw new Error('there are three');
    await runBatch({ query: { ...query, businessKey: first.id }, action: 'cancel' });
    await jobWithStatus(service, first.jobId, 'cancelled');
    await listed({ query, action: 'terminate', reason: 'x' }, 2);
    const ended = await runBatch({ query, action: 'terminate', reason: 'the shop closes' });
    expect(ended).toMatchObject({ counts: { total: 2, done: 2, failed: 0 } });
    for (const { id, jobId } of [second, third]) {
      await jobWithStatus(service, jobId, 'terminated');
      await relayNow(service);
      await jobWithStatus(service, `return-payment:${id}`, 'completed');
    }
  });

  it('lists those that cannot be paused', async () => {
    await service.fault({ kind: 'status', status: 503, times: 10_000 });
    const { id, jobId } = await placeOrder(service, userId);
    await jobWithStatus(service, jobId, 'retrying');
    await acted(service, jobId, 'cancel');
    const query = { type: 'returnPayment', businessKey: id };
    await listed({ query, action: 'pause' }, 1);
    const done = await runBatch({ query, action: 'pause' });
    expect(done.failedItems.items).toMatchObject([{ error: { code: 'job_not_pausable' } }]);
    await service.clearFaults();
    await acted(service, `return-payment:${id}`, 'retry');
    await jobWithStatus(service, `return-payment:${id}`, 'completed');
  });

  it('does nothing if nothing matches', async () => {
    const answer = await batch({ query: { businessKeyPrefix: randomUUID() }, action: 'cancel' });
    expect(answer).toMatchObject({ status: 202, body: { id: null, total: 0 } });
    expect(answer.headers.get('location')).toBeNull();
  });

  it.each([
    ['matches every job and does not say so', { query: {}, action: 'cancel' }, 'query'],
    ['terminates without a reason', { query: { type: 'processOrder' }, action: 'terminate' }, 'reason'],
    ['cancels what has ended', { query: { status: 'failed' }, action: 'cancel' }, 'query.status'],
    ['asks for an error of open jobs', { query: { errorCode: 'X' }, action: 'pause' }, 'query.errorCode'],
    ['names a type that is none', { query: { type: 'brewCoffee' }, action: 'retry' }, 'query.type'],
    [
      'ends the query early',
      { query: { businessKeyPrefix: "x' OR 'a'='a" }, action: 'cancel' },
      'query.businessKeyPrefix',
    ],
    ['asks for something else', { query: { type: 'processOrder' }, action: 'delete' }, 'action'],
  ])('is refused if it %s', async (_, body, path) => {
    expect(await batch({ ...body, dryRun: true })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path }] },
    });
  });

  it('includes every job if it says so', async () => {
    const answer = await batch({ query: {}, all: true, action: 'cancel', dryRun: true });
    expect(answer).toMatchObject({ status: 200, body: { dryRun: true } });
  });
});
