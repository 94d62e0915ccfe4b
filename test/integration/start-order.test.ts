import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { jobs } from '../../contracts/catalogue.ts';
import { deleteExpired } from '../../contracts/jobs/delete-expired.ts';
import { returnPayment } from '../../contracts/jobs/return-payment.ts';
import { jobRules } from '../../domain/job-rules.ts';
import { deferBehind } from '../../packages/durable-jobs/src/jobs/outbox/defer-behind.ts';
import {
  enqueueOwn,
  enqueueStart,
  type OutboxEntry,
} from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { holdRows } from '../support/hold-rows.ts';
import { relayStarts } from '../support/relay-starts.ts';
import { useService } from '../support/service.ts';
import { watchStatements } from '../support/watch-statements.ts';

// No worker runs the jobs, so a run stays open.
const service = useService({ workers: false });
beforeEach(() => service.db.deleteFrom('outbox').execute());

const rows = () => service.db.selectFrom('outbox').selectAll().orderBy('id').execute();
const relay = (options: Parameters<typeof relayStarts>[1] = {}, db = service.db) =>
  relayStarts({ db, client: service.client, jobs, jobRules, logger: pino({ level: 'silent' }) }, options);
const dueAt = (nextAttemptAt: Date, { id }: OutboxEntry, attempts = 0) =>
  service.db.updateTable('outbox').set({ nextAttemptAt, attempts }).where('id', '=', id).execute();
const inMinutes = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);

/** Commits two starts of one job, of which the first has failed for a while and is due in four minutes. */
async function commitBehind(): Promise<[OutboxEntry, OutboxEntry]> {
  const orderId = randomUUID();
  const entries = await service.db
    .transaction()
    .execute(async (trx): Promise<[OutboxEntry, OutboxEntry]> => [
      await enqueueStart(trx, returnPayment, { orderId, reason: 'order_cancelled' }, { by: 'relay' }),
      await enqueueStart(trx, returnPayment, { orderId, reason: 'payment_failed' }, { by: 'relay' }),
    ]);
  await dueAt(inMinutes(4), entries[0], 9);
  return entries;
}

it('makes no start before an earlier one of its job that backs off, and starts other jobs meanwhile', async () => {
  const [first] = await commitBehind();
  const other = await service.db.transaction().execute((trx) => enqueueOwn(trx, deleteExpired, {}, {}));
  await dueAt(new Date(0), other);
  expect(await relay()).toMatchObject({ made: 1, failed: 0 });
  const [before, behind, started] = await rows();
  expect(started).toMatchObject({ id: other.id, outcome: 'started' });
  expect(behind?.nextAttemptAt).toEqual(before?.nextAttemptAt);
  expect(behind).toMatchObject({ attempts: 0, runId: null, dispatchedAt: null });

  await service.db
    .updateTable('outbox')
    .set({ nextAttemptAt: new Date(0) })
    .where('jobId', '=', first.jobId)
    .execute();
  expect(await relay()).toMatchObject({ made: 1 });
  const [made, waiting] = await rows();
  expect(made).toMatchObject({ outcome: 'started' });
  expect(waiting).toMatchObject({ outcome: null, runId: made?.runId });
});

it('makes no start by SQL without an id before an earlier one of its job', async () => {
  const [first] = await commitBehind();
  await sql`SELECT durable_jobs.enqueue('returnPayment', ${JSON.stringify(first.input)}::jsonb)`.execute(
    service.db,
  );
  expect(await relay()).toMatchObject({ made: 0, failed: 0 });
  const [earlier, , behind] = await rows();
  expect(behind).toMatchObject({ jobId: first.jobId, isChecked: true, runId: null, dispatchedAt: null });
  expect(behind?.nextAttemptAt).toEqual(earlier?.nextAttemptAt);
});

it('makes starts by SQL without an id behind one of the same pass in their order', async () => {
  const input = JSON.stringify({ orderId: randomUUID(), reason: 'order_cancelled' });
  for (let n = 0; n < 3; n++)
    await sql`SELECT durable_jobs.enqueue('returnPayment', ${input}::jsonb)`.execute(service.db);
  expect(await relay()).toMatchObject({ made: 1, failed: 0 });
  const [made, waiting, equal] = await rows();
  expect(made).toMatchObject({ outcome: 'started' });
  expect(waiting).toMatchObject({ outcome: null, runId: made?.runId });
  expect(equal).toMatchObject({ outcome: 'exists' });
});

it('looks soon again for a start behind one that another process is making', async () => {
  const [first] = await commitBehind();
  await dueAt(inMinutes(1), first);
  const pass = await relay();
  expect(pass).toMatchObject({ made: 0, failed: 0, more: false });
  expect(pass.nextAt?.getTime()).toBeLessThan(Date.now() + 5_000);
  const [, behind] = await rows();
  expect(behind).toMatchObject({ attempts: 0, runId: null, dispatchedAt: null });
});

describe('a pass of the relay', () => {
  it('defers no start whose row is locked, and does not wait for it', async () => {
    const [, second] = await commitBehind();
    const [, before] = await rows();
    const release = await holdRows(service.db, (trx) =>
      trx.selectFrom('outbox').select('id').where('id', '=', second.id).forUpdate().execute(),
    );
    try {
      expect(await deferBehind(service.db, [second])).toEqual(new Map([[second.id, null]]));
    } finally {
      await release();
    }
    expect((await rows())[1]).toEqual(before);
  });

  it('gives back what it has not tried, without waiting for a row that is locked', async () => {
    const entries = await service.db
      .transaction()
      .execute(async (trx) => [
        await enqueueOwn(trx, deleteExpired, {}, {}),
        await enqueueOwn(trx, deleteExpired, {}, {}),
        await enqueueOwn(trx, deleteExpired, {}, {}),
      ]);
    for (const entry of entries) await dueAt(new Date(0), entry);
    const stop = new AbortController();
    let release = (): Promise<void> => Promise.resolve();
    try {
      const pass = await relay({
        signal: stop.signal,
        async pace() {
          release = await holdRows(service.db, (trx) =>
            trx
              .selectFrom('outbox')
              .select('id')
              .where('id', '=', Number(entries[1]?.id))
              .forUpdate()
              .execute(),
          );
          stop.abort();
        },
      });
      expect(pass).toMatchObject({ made: 0, failed: 0, more: true });
    } finally {
      await release();
    }
    const isDue = (await rows()).map(({ nextAttemptAt }) => nextAttemptAt.getTime() < Date.now() + 1_000);
    expect(isDue).toEqual([true, false, true]);
  });

  it('gives back what it has claimed if the order of the starts cannot be read', async () => {
    const [, second] = await commitBehind();
    const failing = watchStatements(service.db, (text) => {
      if (text.includes('WITH behind')) throw new Error('deadlock detected');
    });
    await expect(relay({}, failing)).rejects.toThrow('deadlock detected');
    const returned = (await rows()).find(({ id }) => id === second.id);
    expect(returned?.nextAttemptAt.getTime()).toBeLessThan(Date.now() + 1_000);
  });
});

it('lets a start wait behind an earlier one of its job that waits for the open run', async () => {
  const [first, second] = await commitBehind();
  // The engine's newest run, of a start whose row is not kept.
  const { firstExecutionRunId: runId } = await service.client.workflow.start('returnPayment', {
    workflowId: first.jobId,
    taskQueue: returnPayment.taskQueue,
    args: [first.input],
  });
  await service.db.updateTable('outbox').set({ runId }).where('id', '=', first.id).execute();
  expect(await relay()).toMatchObject({ made: 0, failed: 0 });
  expect((await rows()).find(({ id }) => id === second.id)).toMatchObject({
    runId,
    outcome: null,
    attempts: 0,
  });
});
