import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jobs } from '../../contracts/catalogue.ts';
import { refreshStatistics } from '../../contracts/jobs/refresh-statistics.ts';
import { returnPayment } from '../../contracts/jobs/return-payment.ts';
import { enqueue } from '../../packages/durable-jobs/src/jobs/enqueue/enqueue.ts';
import { enqueueStart, type OutboxEntry } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { relayNow } from '../support/run-job.ts';
import { useService } from '../support/service.ts';

// No worker runs the jobs: a run stays open until the test ends it.
const service = useService({ workers: false });

let program: pg.Client;
beforeAll(async () => {
  program = new pg.Client({ connectionString: service.databaseUrl });
  await program.connect();
});
afterAll(() => program.end());
beforeEach(() => service.db.deleteFrom('outbox').execute());

const HOUR_MS = 3_600_000;
const inAnHour = () => new Date(Date.now() + HOUR_MS);

const commit = (options: { startAt?: Date; expiresAt?: Date; orderId?: string } = {}): Promise<OutboxEntry> =>
  service.db.transaction().execute((trx) => {
    const { orderId = randomUUID(), ...times } = options;
    return enqueueStart(trx, returnPayment, { orderId, reason: 'order_cancelled' }, times);
  });
const row = (id: number) =>
  service.db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
/** As if this time had passed since the start expired. */
const expireSince = (id: number, seconds: number) =>
  service.db
    .updateTable('outbox')
    .set({ expiresAt: sql<Date>`now() - make_interval(secs => ${seconds})` })
    .where('id', '=', id)
    .execute();
const runsOf = async (jobId: string): Promise<string> =>
  (await service.client.workflow.getHandle(jobId).describe()).runId;
const get = async (path: string): Promise<unknown> => (await service.request('GET', path)).body;

describe('a start that was not made in time', () => {
  it('is dropped, and the job says so', async () => {
    const entry = await commit({ expiresAt: inAnHour() });
    await expireSince(entry.id, 20);
    expect(await relayNow(service)).toBe(0);
    const { expiresAt, ...rest } = await row(entry.id);
    expect(rest).toMatchObject({ outcome: 'expired', dispatchedAt: null, runId: null });
    const at = expiresAt?.toISOString();
    const path = `/api/jobs/${entry.jobId}`;
    expect(await get(path)).toMatchObject({
      status: 'cancelled',
      closedAt: at,
      runId: null,
      plannedAttempts: [],
      failure: { code: 'start_expired', message: `The start expired at ${at}: the job was not started.` },
      starts: [{ outcome: 'expired', expiresAt: at }],
    });
    expect(await get(`${path}/why`)).toMatchObject({
      code: 'start_expired',
      sentence: `Its start expired at ${at}: it was not started.`,
    });
    await expect(runsOf(entry.jobId)).rejects.toThrow();
    expect(await relayNow(service)).toBe(0);
  });

  it('is not made by its own request either', async () => {
    const entry = await commit({ expiresAt: inAnHour() });
    expect(await service.dispatcher.dispatch({ ...entry, expiresAt: new Date() })).toBeUndefined();
    expect(await row(entry.id)).toMatchObject({ dispatchedAt: null, droppedAt: null });
    await expect(runsOf(entry.jobId)).rejects.toThrow();
  });

  it('is dropped only when no call can make it any more', async () => {
    const entry = await commit({ expiresAt: inAnHour() });
    await expireSince(entry.id, 5);
    expect(await relayNow(service)).toBe(0);
    const { expiresAt, nextAttemptAt: next, ...rest } = await row(entry.id);
    expect(rest).toMatchObject({ outcome: null, droppedAt: null });
    expect(next.getTime() - (expiresAt?.getTime() ?? 0)).toBe(15_000);
    expect(await get(`/api/jobs/${entry.jobId}/why`)).toMatchObject({ code: 'start_expired' });
  });

  it('is recorded as made if a process made it and died before recording that', async () => {
    const entry = await commit({ expiresAt: inAnHour() });
    const made = await service.dispatcher.dispatch(entry);
    await service.db
      .updateTable('outbox')
      .set({ dispatchedAt: null, outcome: null, runId: null })
      .where('id', '=', entry.id)
      .execute();
    await expireSince(entry.id, 20);
    await relayNow(service);
    expect(await row(entry.id)).toMatchObject({ outcome: 'started', runId: made?.runId });
  });

  it('is dropped while it waits in turn for an open run', async () => {
    const orderId = randomUUID();
    const first = await commit({ orderId });
    const run = await service.dispatcher.dispatch(first);
    const second = await commit({ orderId, expiresAt: inAnHour() });
    expect(await service.dispatcher.dispatch(second)).toMatchObject({ kind: 'waits' });
    await expireSince(second.id, 20);
    await relayNow(service);
    expect(await row(second.id)).toMatchObject({ outcome: 'expired' });
    await service.client.workflow.getHandle(first.jobId, run?.runId).terminate('by the test');
    expect(await relayNow(service)).toBe(0);
    expect(await runsOf(first.jobId)).toBe(run?.runId);
  });

  it('stays dropped if it was dead and an operator requeues it too late', async () => {
    const { rows } = await program.query<{ id: string }>(
      `SELECT durable_jobs.enqueue('sendWelcomeEmail', '{}', expires_at => now() + interval '1 hour') AS id`,
    );
    const id = Number(rows[0]?.id);
    await relayNow(service);
    expect(await row(id)).toMatchObject({ outcome: 'dead' });
    await expireSince(id, 20);
    expect((await service.request('POST', `/api/dead-starts/${id}/requeue`)).status).toBe(202);
    await relayNow(service);
    expect(await row(id)).toMatchObject({ outcome: 'expired', jobId: null });
  });
});

describe('a start that expires', () => {
  it('is made before that, and reports its run', async () => {
    const expiresAt = inAnHour();
    const entry = await commit({ expiresAt });
    expect(await service.dispatcher.dispatch(entry)).toMatchObject({ kind: 'started' });
    const { memo } = await service.client.workflow.getHandle(entry.jobId).describe();
    expect(memo).toMatchObject({ expiresAt: expiresAt.toISOString() });
  });

  it.each(['that is committed', 'whose run waits for its time'])(
    '%s is not moved to a time after that',
    async (which) => {
      const expiresAt = new Date(Date.now() + 2 * HOUR_MS);
      // The return of a payment is not moved.
      const entry = await service.db
        .transaction()
        .execute((trx) =>
          enqueueStart(
            trx,
            refreshStatistics,
            {},
            { startAt: inAnHour(), expiresAt, dedupeKey: randomUUID() },
          ),
        );
      if (which.startsWith('whose')) await service.dispatcher.dispatch(entry);
      const path = `/api/jobs/${entry.jobId}/reschedule`;
      const move = (ms: number) =>
        service.request('POST', path, { at: new Date(Date.now() + ms).toISOString() });
      expect(await move(3 * HOUR_MS)).toMatchObject({
        status: 409,
        body: {
          code: 'job_not_reschedulable',
          detail: `Its start expires at ${expiresAt.toISOString()}: the new time must be earlier.`,
        },
      });
      expect((await move(1.5 * HOUR_MS)).status).toBe(202);
    },
  );

  it('by SQL is refused unless it expires after its start', async () => {
    await expect(
      program.query(
        `SELECT durable_jobs.enqueue('refreshStatistics', start_at => now() + interval '2 hours', expires_at => now() + interval '1 hour')`,
      ),
    ).rejects.toMatchObject({
      code: '22023',
      message: 'expires_at must be later than start_at and than now',
    });
  });

  it('enqueued in TypeScript expires at a time, or some time after it may start', async () => {
    const expiresAt = inAnHour();
    await enqueue(program, refreshStatistics, {}, { expiresAt, dedupeKey: randomUUID() });
    await enqueue(program, refreshStatistics, {}, { delay: '7d', expiresIn: '1h', dedupeKey: randomUUID() });
    await enqueue(program, refreshStatistics, {}, { expiresIn: '1h', dedupeKey: randomUUID() });
    const rows = await service.db.selectFrom('outbox').selectAll().orderBy('id').execute();
    expect(rows[0]?.expiresAt).toEqual(expiresAt);
    const [, late, soon] = rows.map((one) => (one.expiresAt?.getTime() ?? 0) - one.createdAt.getTime());
    expect([late, soon]).toEqual([7 * 24 * HOUR_MS + HOUR_MS, HOUR_MS]);
    await expect(enqueue(program, refreshStatistics, {}, { expiresAt, expiresIn: '1h' })).rejects.toThrow(
      'give expiresIn or expiresAt, not both',
    );
  });

  it('over REST shows when it does', async () => {
    const type = jobs.get('refreshStatistics').type;
    const answer = await service.request('POST', '/api/jobs', { type, delay: '1h', expiresIn: '10m' });
    expect(answer.status).toBe(202);
    const { jobId } = answer.body as { jobId: string };
    const { starts } = (await get(`/api/jobs/${jobId}`)) as {
      starts: { startAt: string; expiresAt: string }[];
    };
    const [start] = starts;
    expect(Date.parse(start?.expiresAt ?? '') - Date.parse(start?.startAt ?? '')).toBe(600_000);
  });

  it.each([
    [{ expiresIn: '1h', expiresAt: '2100-01-01T00:00:00Z' }, 'give expiresIn or expiresAt, not both'],
    [
      { delay: '2h', expiresAt: new Date(Date.now() + HOUR_MS).toISOString() },
      'must be later than the start',
    ],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'must be in the future'],
    [{ expiresIn: '0s' }, 'must be longer than 0s'],
  ])('over REST is refused with %j', async (times, message) => {
    expect(await service.request('POST', '/api/jobs', { type: 'refreshStatistics', ...times })).toMatchObject(
      {
        status: 400,
        body: { code: 'validation_failed', errors: [{ message }] },
      },
    );
  });
});
