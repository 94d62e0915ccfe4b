import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { beforeEach, expect, it } from 'vitest';
import { jobs } from '../../contracts/catalogue.ts';
import { deleteExpired } from '../../contracts/jobs/delete-expired.ts';
import { returnPayment } from '../../contracts/jobs/return-payment.ts';
import { jobRules } from '../../domain/job-rules.ts';
import {
  enqueueOwn,
  enqueueStart,
  type OutboxEntry,
} from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { relayOnce } from '../../packages/durable-jobs/src/jobs/outbox/relay.ts';
import { useService } from '../support/service.ts';

// No worker runs the jobs, so a run stays open.
const service = useService({ workers: false });
beforeEach(() => service.db.deleteFrom('outbox').execute());

const rows = () => service.db.selectFrom('outbox').selectAll().orderBy('id').execute();
const relay = () =>
  relayOnce({
    db: service.db,
    client: service.client,
    jobs,
    jobRules,
    logger: pino({ level: 'silent' }),
  });
const dueAt = (nextAttemptAt: Date, { id }: OutboxEntry) =>
  service.db.updateTable('outbox').set({ nextAttemptAt }).where('id', '=', id).execute();

/** Commits two starts of one job, of which the first is due in an hour. */
async function commitBehind(): Promise<[OutboxEntry, OutboxEntry]> {
  const orderId = randomUUID();
  const entries = await service.db
    .transaction()
    .execute(async (trx): Promise<[OutboxEntry, OutboxEntry]> => [
      await enqueueStart(trx, returnPayment, { orderId, reason: 'order_cancelled' }, { by: 'relay' }),
      await enqueueStart(trx, returnPayment, { orderId, reason: 'payment_failed' }, { by: 'relay' }),
    ]);
  await dueAt(new Date(Date.now() + 3_600_000), entries[0]);
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
