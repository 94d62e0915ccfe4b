import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { sql } from 'kysely';
import { jobs } from '../../contracts/catalogue.ts';
import { deleteExpired } from '../../contracts/jobs/delete-expired.ts';
import { sendPasswordReset } from '../../contracts/jobs/send-password-reset.ts';
import { actOnItem } from '../../packages/durable-jobs/src/bulk/act-on-jobs/act-on-item.ts';
import type { BulkJobView } from '../../packages/durable-jobs/src/bulk/json.ts';
import { searchAttributes } from '../../packages/durable-jobs/src/engine/search-attributes.ts';
import { enqueueOwn, enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { kebabCase } from '../../packages/durable-jobs/src/jobs/kebab-case.ts';
import { rolledBack } from '../../packages/durable-jobs/src/database/rolled-back.ts';
import { activityStateOf } from '../../packages/durable-jobs/src/jobs/run-state/pending-activity.ts';
import { withdrawStarts } from '../../packages/durable-jobs/src/jobs/outbox/withdraw.ts';
import { acted, failedOrder, placeOrder, registerUser, returnMoney } from '../support/job-actions.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { completedByRelay } from '../support/run-job.ts';
import { useService, type Answer } from '../support/service.ts';

const service = useService();
let userId = '';

beforeAll(async () => {
  ({ id: userId } = await registerUser(service));
});

const batch = (body: object): Promise<Answer> => service.request('POST', '/api/jobs/batch', body);

const aRun = { id: 'refresh-statistics:x', runId: randomUUID() };
const inAnHour = () => new Date(Date.now() + 3_600_000);

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

/** Pauses the only activity of a job that is retrying, and waits until none of its attempts is in progress. */
async function pauseBetweenAttempts(jobId: string): Promise<void> {
  await jobWithStatus(service, jobId, 'retrying');
  const { client, namespace } = service;
  const pending = async () => (await client.workflow.getHandle(jobId).describe()).raw.pendingActivities?.[0];
  const id = (await pending())?.activityId ?? '';
  await client.workflowService.pauseActivity({ namespace, execution: { workflowId: jobId }, id });
  await eventually(async () => expect(activityStateOf((await pending()) ?? {})).toBe('paused'));
}

/** Starts a job that no worker runs. */
async function idleJob(businessKey: string, type = 'refreshStatistics'): Promise<string> {
  const workflowId = `${kebabCase(type)}:${businessKey}`;
  await service.client.workflow.start(type, {
    workflowId,
    taskQueue: 'nobody-polls-this',
    args: [{}],
    typedSearchAttributes: [
      { key: searchAttributes.jobType, value: type },
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

    // The payment of one is not returned while the provider is available again.
    await pauseBetweenAttempts(`return-payment:${early.id}`);
    await service.clearFaults();
    const done = await runBatch({ query, action: 'retry', reason: 'the provider is back' });
    expect(done).toMatchObject({ task: 'act-on-jobs', counts: { total: 2, done: 1, failed: 1 } });
    expect(done.failedItems.items).toMatchObject([
      { item: { jobId: early.jobId, action: 'retry' }, error: { code: 'job_not_retryable' } },
    ]);
    await completedByRelay(service, ready.jobId);
    expect((await service.ledger(ready.id)).charges).toHaveLength(1);
    const retries = await service.db.selectFrom('jobRetries').selectAll().execute();
    expect(retries).toMatchObject([{ jobId: ready.jobId, reason: 'the provider is back' }]);

    // The same runs again, as after a second click: retried runs stay retried.
    await service.request('POST', `/api/bulk-jobs/${done.id}/retry-failed`);
    expect(await service.db.selectFrom('jobRetries').selectAll().execute()).toHaveLength(1);
  });

  it('acts once on a run that two batches have', async () => {
    const keys = ['a', 'b', 'c'].map((name) => `twice-${name}-${randomUUID().slice(0, 8)}`);
    const ids = await Promise.all(keys.map((key) => idleJob(key)));
    for (const id of ids) await service.client.workflow.getHandle(id).terminate('for the test');
    const body = { query: { businessKeyPrefix: 'twice-', status: 'terminated' }, action: 'retry' };
    await listed(body, 3);
    const [one, other] = await Promise.all([runBatch(body), runBatch(body)]);
    expect(one).toMatchObject({ counts: { total: 3, failed: 0 } });
    expect(other).toMatchObject({ counts: { total: 3, failed: 0 } });
    for (const id of ids) {
      await completedByRelay(service, id);
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
      await completedByRelay(service, `return-payment:${id}`);
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

  /** A start that waits for the end of a job, so that it is not made before. */
  const heldStart = async (): Promise<{ first: string; id: string; startId: number }> =>
    service.db.transaction().execute(async (trx) => {
      const first = await enqueueOwn(trx, deleteExpired, {}, { startAt: inAnHour() });
      const after = { jobId: first.jobId, when: 'completes' as const };
      const held = await enqueueOwn(trx, deleteExpired, {}, { after });
      return { first: first.jobId, id: held.jobId, startId: held.id };
    });

  it('acts on exactly the runs and starts that it names, as its dry run says', async () => {
    const { first, id, startId } = await heldStart();
    const listedStart = (await service.request('GET', '/api/jobs?type=deleteExpired&status=waiting')).body;
    expect(listedStart).toMatchObject({ items: [{ id, runId: null, startId }] });
    // A query finds runs, and counts the starts that it leaves out.
    const query = { type: 'deleteExpired', businessKey: id.slice('delete-expired:'.length) };
    for (const [more, unmadeStarts] of [
      [{ action: 'cancel' }, 1],
      [{ action: 'retry' }, 0],
      [{ action: 'cancel', query: { ...query, status: 'scheduled' } }, 0],
      [{ action: 'cancel', query: { ...query, startedAfter: '2026-01-01T00:00:00Z' } }, 0],
    ] as const)
      expect((await batch({ query, ...more, dryRun: true })).body).toMatchObject({ total: 0, unmadeStarts });
    expect(await batch({ query, action: 'cancel' })).toMatchObject({
      status: 202,
      body: { id: null, total: 0, unmadeStarts: 1 },
    });
    const open = await idleJob(`named-${randomUUID().slice(0, 8)}`);
    const { runId: endedRun } = await service.client.workflow.getHandle(open).describe();
    await service.client.workflow.getHandle(open).terminate('for the test');
    const again = open.slice('refresh-statistics:'.length);
    await idleJob(again);
    const jobs = [
      { id, startId },
      { id: open, runId: endedRun },
      { id: open, runId: randomUUID() },
      { id, startId: 999_999_999 },
    ];
    for (const [request, refusals] of [
      [{ action: 'pause' }, ['job_not_pausable', 'job_closed', 'not_found', 'not_found']],
      [{ action: 'resume' }, ['job_not_paused', 'job_closed', 'not_found', 'not_found']],
      [{ action: 'retry' }, ['job_not_retryable', 'job_closed', 'not_found', 'not_found']],
      [
        { action: 'reschedule', at: inAnHour().toISOString() },
        [undefined, 'job_closed', 'not_found', 'not_found'],
      ],
      [{ action: 'cancel', reason: 'a test' }, [undefined, 'job_closed', 'not_found', 'not_found']],
    ] as const) {
      const dry = await batch({ jobs, ...request, dryRun: true });
      expect(dry).toMatchObject({ status: 200, body: { total: 4 } });
      const tried = (dry.body as { jobs: { refusal: { code: string } | null }[] }).jobs;
      expect(tried.map(({ refusal }) => refusal?.code)).toEqual(refusals);
      expect((await service.request('GET', `/api/jobs/${id}`)).body).toMatchObject({ status: 'waiting' });
      const done = await runBatch({ jobs, ...request });
      expect(done).toMatchObject({ task: 'act-on-runs-and-starts' });
      const failed = done.failedItems.items.map(({ error }) => error.code);
      expect(failed).toEqual(refusals.filter((code) => code !== undefined));
    }
    expect(await jobWithStatus(service, id, 'cancelled')).toMatchObject({
      starts: [{ outcome: 'withdrawn' }],
    });
    // A run that has ended since it was listed is not started again, and one that goes on is not either.
    const ended = await idleJob(`ended-${randomUUID().slice(0, 8)}`);
    const { runId } = await service.client.workflow.getHandle(ended).describe();
    const newest = { id: ended, runId };
    const scoped = (scope: string) => ({ jobs: [{ ...newest, scope }], action: 'retry' });
    const refusal = { code: 'job_not_retryable' };
    expect((await batch({ ...scoped('run'), dryRun: true })).body).toMatchObject({ jobs: [{ refusal }] });
    await service.client.workflow.getHandle(ended).terminate('for the test');
    expect((await batch({ ...scoped('run'), dryRun: true })).body).toMatchObject({
      jobs: [{ refusal: null }],
    });
    expect((await runBatch(scoped('attempt'))).failedItems.items).toMatchObject([{ error: refusal }]);
    // The later run of the same job was not meant.
    expect((await service.request('GET', `/api/jobs/${open}`)).body).toMatchObject({ closedAt: null });
    for (const action of ['retry', 'pause', 'resume', 'cancel', 'terminate']) {
      const dry = await batch({ jobs: [{ id, startId }], action, reason: 'a test', dryRun: true });
      expect(JSON.stringify(dry.body)).toContain('The start was withdrawn at');
      expect((await service.request('POST', `/api/jobs/${id}/${action}`, { reason: 'a test' })).status).toBe(
        409,
      );
    }
    // An attempt whose outcome was lost is repeated, and finds it done.
    const repeated = { jobs: [{ id, startId }], reason: 'a test' };
    expect(await runBatch({ ...repeated, action: 'cancel' })).toMatchObject({
      counts: { done: 1, failed: 0 },
    });
    expect(await runBatch({ ...repeated, action: 'terminate' })).toMatchObject({
      counts: { done: 1, failed: 0 },
    });
    await acted(service, first, 'cancel');
    await service.client.workflow.getHandle(open).terminate('by the test');

    // What a request has done is written while the response is sent.
    await eventually(async () => {
      const { items } = (await service.request('GET', `/api/audit?what=${open}`)).body as {
        items: { params: Record<string, string> }[];
      };
      expect(items.map(({ params }) => params)).toMatchObject(
        ['cancel', 'reschedule', 'retry', 'resume', 'pause'].flatMap((action) => [
          { action, job1: id, job2: open, bulkJobId: expect.any(String) as string },
          { action, job1: id, job2: open, mode: 'dry run' },
        ]),
      );
    });
  });

  it('ends one start only if the rules of its type affect nothing else of its job', async () => {
    const accountKey = randomUUID().replaceAll('-', '');
    const input = { accountKey, requestId: randomUUID(), requestedAt: new Date().toISOString(), delayMs: 0 };
    const [start, other] = await service.db
      .transaction()
      .execute(async (trx) => [
        await enqueueOwn(trx, sendPasswordReset, input, { startAt: inAnHour() }),
        await enqueueOwn(trx, sendPasswordReset, input, { startAt: inAnHour() }),
      ]);
    const { jobId } = start;
    await service.db.updateTable('outbox').set({ jobId }).where('id', '=', other.id).execute();
    const jobs = [{ id: jobId, startId: start.id }];
    const isRefused = async (code: string, action: string, message: string): Promise<void> => {
      const body = { jobs, action, reason: 'a test' };
      expect((await batch({ ...body, dryRun: true })).body).toMatchObject({
        jobs: [{ refusal: { code, message: expect.stringContaining(message) as string } }],
      });
      expect((await runBatch(body)).failedItems.items).toMatchObject([{ error: { code } }]);
    };
    await isRefused('job_not_cancellable', 'cancel', 'another start');
    await isRefused('job_not_terminable', 'terminate', 'another start');
    await service.db
      .updateTable('outbox')
      .set({ withdrawnAt: new Date() })
      .where('id', '=', other.id)
      .execute();

    await idleJob(jobId.slice('send-password-reset:'.length), 'sendPasswordReset');
    await isRefused('job_not_cancellable', 'cancel', 'open run');
    await service.client.workflow.getHandle(jobId).terminate('by the test');
    expect(await runBatch({ jobs, action: 'cancel' })).toMatchObject({ counts: { done: 1, failed: 0 } });
  });

  it('acts on the run that a start with a signal has made, and on none that it reached', async () => {
    const accountKey = randomUUID().replaceAll('-', '');
    const requestedAt = new Date().toISOString();
    const input = { accountKey, requestId: randomUUID(), requestedAt, delayMs: 3_600_000 };
    const [start, other] = await service.db
      .transaction()
      .execute(async (trx) => [
        await enqueueStart(trx, sendPasswordReset, input),
        await enqueueOwn(trx, sendPasswordReset, input, { startAt: inAnHour() }),
      ]);
    await service.dispatcher.dispatch(start);
    const refusal = async (startId: number): Promise<string | undefined> => {
      const jobs = [{ id: start.jobId, startId }];
      const { body } = await batch({ jobs, action: 'cancel', dryRun: true });
      return (body as { jobs: { refusal: { code: string } | null }[] }).jobs[0]?.refusal?.code;
    };
    expect(await refusal(start.id)).toBeUndefined();
    const { runId } = await service.client.workflow.getHandle(start.jobId).describe();
    const settle = (outcome: 'exists' | 'delivered') =>
      service.db
        .updateTable('outbox')
        .set({
          outcome,
          jobId: start.jobId,
          runId,
          ...(outcome === 'exists'
            ? { droppedAt: new Date() }
            : { droppedAt: null, dispatchedAt: new Date() }),
        })
        .where('id', '=', other.id)
        .execute();
    await settle('exists');
    expect([await refusal(start.id), await refusal(other.id)]).toEqual([undefined, 'job_closed']);
    await settle('delivered');
    expect([await refusal(start.id), await refusal(other.id)]).toEqual(['job_closed', 'job_closed']);
    await acted(service, start.jobId, 'terminate', { reason: 'by the test' });
  });

  it('leaves a start to the relay that it needs to be made, and moves nothing once its time has passed', async () => {
    const start = await service.db.transaction().execute((trx) => enqueueOwn(trx, deleteExpired, {}, {}));
    const { jobId, id: startId } = start;
    const nextAttempt = async (): Promise<Date> => {
      const row = service.db.selectFrom('outbox').select('nextAttemptAt').where('id', '=', startId);
      return (await row.executeTakeFirstOrThrow()).nextAttemptAt;
    };
    const backOff = () =>
      service.db.updateTable('outbox').set({ nextAttemptAt: inAnHour() }).where('id', '=', startId).execute();
    const act = (request: { action: 'pause' | 'retry' } | { action: 'reschedule'; at: Date }) =>
      actOnItem(
        { db: service.db, client: service.client, jobs, jobRules: new Map() },
        { jobId, startId, ...request },
      );
    await backOff();
    await expect(act({ action: 'pause' })).rejects.toMatchObject({ kind: { code: 'engine_unavailable' } });
    expect((await nextAttempt()).getTime()).toBeLessThan(Date.now() + 60_000);
    await backOff();
    await act({ action: 'retry' });
    expect((await nextAttempt()).getTime()).toBeLessThan(Date.now() + 60_000);
    await expect(act({ action: 'reschedule', at: new Date() })).rejects.toMatchObject({
      kind: { code: 'job_not_reschedulable' },
    });
    // It was committed just now, so that it may be in progress: the bulk job would try again.
    const at = inAnHour().toISOString();
    const named = { jobs: [{ id: jobId, startId }], action: 'reschedule', at, dryRun: true };
    expect((await batch(named)).body).toMatchObject({ jobs: [{ refusal: null }] });
    const withdraw = () =>
      service.db.transaction().execute((trx) => withdrawStarts(trx, jobId, { entries: [startId] }));
    expect([await withdraw(), await withdraw()]).toEqual([true, false]);
  });

  it('says in a dry run whose check has failed, and checks the others', async () => {
    const [id, fine] = [await idleJob('not-an-order', 'processOrder'), await idleJob(randomUUID())];
    const runs = [id, fine].map(async (name) => {
      const { runId } = await service.client.workflow.getHandle(name).describe();
      return { id: name, runId };
    });
    // The database refuses this id of an order.
    expect(await batch({ jobs: await Promise.all(runs), action: 'cancel', dryRun: true })).toMatchObject({
      status: 200,
      body: { jobs: [{ refusal: { code: 'not_checked' } }, { refusal: null }] },
    });
    for (const name of [id, fine]) await service.client.workflow.getHandle(name).terminate('by the test');
  });

  it('retries a run over its job although an earlier retry was withdrawn', async () => {
    const id = await idleJob(randomUUID());
    await service.client.workflow.getHandle(id).terminate('by the test');
    const { id: entryId } = await service.db
      .transaction()
      .execute((trx) => enqueueOwn(trx, deleteExpired, {}, { startAt: inAnHour() }));
    await service.db
      .updateTable('outbox')
      .set({ jobId: id, jobType: 'refreshStatistics', withdrawnAt: new Date() })
      .where('id', '=', entryId)
      .execute();
    await acted(service, id, 'retry');
    await jobWithStatus(service, id, 'completed');
  });

  it('hurries the start of a retry that is not made yet, whatever its scope', async () => {
    const id = await idleJob(randomUUID());
    await service.client.workflow.getHandle(id).terminate('by the test');
    const { id: entryId } = await service.db
      .transaction()
      .execute((trx) => enqueueOwn(trx, deleteExpired, {}, {}));
    const row = { jobId: id, jobType: 'refreshStatistics', nextAttemptAt: inAnHour() };
    await service.db.updateTable('outbox').set(row).where('id', '=', entryId).execute();
    for (const scope of ['run', 'attempt'])
      expect((await acted(service, id, 'retry', { scope })).action.did).toContain(
        'The job has been accepted and is about to start.',
      );
    await service.db.deleteFrom('outbox').where('id', '=', entryId).execute();
  });

  it('lets rules continue in a dry run after a transaction of theirs that failed', async () => {
    const seen: unknown[] = [];
    await rolledBack(service.db, async (db) => {
      const fails = db.transaction().execute((trx) => sql`SELECT 1 / 0`.execute(trx));
      await expect(fails).rejects.toThrow('division by zero');
      seen.push(...(await db.transaction().execute((trx) => sql`SELECT 1 AS one`.execute(trx))).rows);
    });
    expect(seen).toEqual([{ one: 1 }]);
  });

  it('refuses what the rules of a type refuse in their rows, and leaves the rows as they were', async () => {
    const { id, jobId } = await failedOrder(service, userId);
    const { runId } = (await service.request('GET', `/api/jobs/${jobId}`)).body as { runId: string };
    const named = { jobs: [{ id: jobId, runId }], action: 'retry', dryRun: true };
    expect((await batch(named)).body).toMatchObject({ jobs: [{ refusal: { code: 'job_not_retryable' } }] });
    await returnMoney(service, id);
    expect((await batch(named)).body).toMatchObject({ jobs: [{ refusal: null }] });
    const retries = await service.db
      .selectFrom('jobRetries')
      .selectAll()
      .where('jobId', '=', jobId)
      .execute();
    expect(retries).toEqual([]);
    expect((await service.request('GET', `/api/orders/${id}`)).body).toMatchObject({
      status: 'payment_failed',
    });
    await runBatch({ ...named, dryRun: false });
    expect(JSON.stringify((await batch(named)).body)).toMatch(/already been retried|newer run/);
    await completedByRelay(service, jobId);
  });

  it('does nothing if nothing matches', async () => {
    const answer = await batch({ query: { businessKeyPrefix: randomUUID() }, action: 'cancel' });
    expect(answer).toMatchObject({ status: 202, body: { id: null, total: 0 } });
    expect(answer.headers.get('location')).toBeNull();
  });

  it.each([
    ['matches every job and does not say so', { query: {}, action: 'cancel' }, 'query'],
    [
      'terminates without a reason',
      { query: { type: 'processOrder' }, action: 'terminate', dryRun: false },
      'reason',
    ],
    ['cancels what has ended', { query: { status: 'failed' }, action: 'cancel' }, 'query.status'],
    ['asks for an error of open jobs', { query: { errorCode: 'X' }, action: 'pause' }, 'query.errorCode'],
    ['names a type that is none', { query: { type: 'brewCoffee' }, action: 'retry' }, 'query.type'],
    [
      'ends the query early',
      { query: { businessKeyPrefix: "x' OR 'a'='a" }, action: 'cancel' },
      'query.businessKeyPrefix',
    ],
    ['names jobs and a query', { jobs: [aRun], query: { type: 'processOrder' }, action: 'cancel' }, 'jobs'],
    ['names a job without a run', { jobs: [{ id: aRun.id }], action: 'cancel' }, 'jobs[0].runId'],
    ['names a job of no type', { jobs: [{ ...aRun, id: 'brew-coffee:1' }], action: 'cancel' }, 'jobs[0].id'],
    ['cancels with a scope', { jobs: [{ ...aRun, scope: 'run' }], action: 'cancel' }, 'jobs'],
    ['has another scope', { jobs: [{ ...aRun, scope: 'all' }], action: 'retry' }, 'jobs[0].scope'],
    ['reschedules without a time', { jobs: [aRun], action: 'reschedule' }, 'at'],
    ['cancels at a time', { jobs: [aRun], action: 'cancel', at: inAnHour().toISOString() }, 'at'],
    ['reschedules to the past', { jobs: [aRun], action: 'reschedule', at: '2020-01-01T00:00:00Z' }, 'at'],
    ['asks for something else', { query: { type: 'processOrder' }, action: 'delete' }, 'action'],
  ])('is refused if it %s', async (_, body, path) => {
    expect(await batch({ dryRun: true, ...body })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path }] },
    });
  });

  it('includes every job if it says so', async () => {
    const answer = await batch({ query: {}, all: true, action: 'cancel', dryRun: true });
    expect(answer).toMatchObject({ status: 200, body: { dryRun: true } });
  });
});
