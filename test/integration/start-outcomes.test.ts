import { jobs } from '../../contracts/catalogue.ts';
import { returnPayment } from '../../contracts/jobs/return-payment.ts';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { withdrawStarts } from '../../packages/durable-jobs/src/jobs/outbox/withdraw.ts';
import {
  enqueueRetry,
  enqueueStart,
  leaveToRelay,
  type OutboxEntry,
} from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import type { JobInput, JobType } from '../../contracts/signatures.ts';
import { act } from '../support/job-actions.ts';
import { jobWithStatus } from '../support/jobs.ts';
import { relayDue, relayNow } from '../support/run-job.ts';
import { useService } from '../support/service.ts';

// No worker runs the jobs: a run stays open until the test ends it.
const service = useService({ workers: false });

beforeEach(() => service.db.deleteFrom('outbox').execute());

const commit = <K extends JobType>(type: K, input: JobInput<K>): Promise<OutboxEntry> =>
  service.db.transaction().execute((trx) => enqueueStart(trx, jobs.get(type), input));
const returnOf = (orderId: string): Promise<OutboxEntry> =>
  commit('returnPayment', { orderId, reason: 'order_cancelled' });
const row = ({ id }: OutboxEntry) =>
  service.db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
/** The starts that the relay of release 0.1.0, which does not know dropped ones, would make after a rollback. */
const madeByEarlierReleases = () =>
  service.db
    .selectFrom('outbox')
    .select('jobId')
    .where('dispatchedAt', 'is', null)
    .where('nextAttemptAt', '<=', new Date(Date.now() + 3_600_000))
    .execute();
const endRun = (jobId: string, runId: string): Promise<unknown> =>
  service.client.workflow.getHandle(jobId, runId).terminate('by the test');
const newestRun = async (jobId: string): Promise<string> =>
  (await service.client.workflow.getHandle(jobId).describe()).runId;

describe('a start that meets an open run, which may have looked already', () => {
  it('waits for its end, is shown so, and is made then', async () => {
    const orderId = randomUUID();
    const first = await returnOf(orderId);
    const { jobId } = first;
    const made = await service.dispatcher.dispatch(first);
    expect(made?.kind).toBe('started');
    const runId = made?.runId ?? '';

    const second = await returnOf(orderId);
    expect(await service.dispatcher.dispatch(second)).toEqual({ kind: 'waits', runId });
    expect(await row(second)).toMatchObject({ dispatchedAt: null, droppedAt: null, runId });
    expect(await jobWithStatus(service, jobId, 'running')).toMatchObject({
      runId,
      starts: [
        { outcome: 'waiting', runId },
        { outcome: 'started', runId },
      ],
    });
    expect(await relayNow(service)).toBe(0);

    await endRun(jobId, runId);
    expect(await jobWithStatus(service, jobId, 'scheduled')).toMatchObject({ runId: null });
    expect(await relayNow(service)).toBe(1);
    const next = await newestRun(jobId);
    expect(next).not.toBe(runId);
    expect(await row(second)).toMatchObject({ outcome: 'started', runId: next });
  });

  it('does not merge into an earlier one that expires before it', async () => {
    const orderId = randomUUID();
    const first = await returnOf(orderId);
    await service.dispatcher.dispatch(first);
    const input = { orderId, reason: 'order_cancelled' } as const;
    const expiring = await service.db
      .transaction()
      .execute((trx) =>
        enqueueStart(trx, returnPayment, input, { expiresAt: new Date(Date.now() + 3_600_000) }),
      );
    await service.dispatcher.dispatch(expiring);
    const lasting = await returnOf(orderId);
    expect(await service.dispatcher.dispatch(lasting)).toMatchObject({ kind: 'waits' });
    expect(await row(lasting)).toMatchObject({ outcome: null, droppedAt: null });
  });

  it('continues waiting as one with equal starts', async () => {
    const orderId = randomUUID();
    const first = await returnOf(orderId);
    const runId = (await service.dispatcher.dispatch(first))?.runId ?? '';
    const waiting = await returnOf(orderId);
    await service.dispatcher.dispatch(waiting);
    const same = await returnOf(orderId);
    await service.dispatcher.dispatch(same);
    const other = await commit('returnPayment', { orderId, reason: 'payment_failed' });
    await service.dispatcher.dispatch(other);
    expect(await row(same)).toMatchObject({ outcome: 'exists', dispatchedAt: null });
    expect((await row(waiting)).droppedAt).toBeNull();
    expect((await row(other)).droppedAt).toBeNull();
    await endRun(first.jobId, runId);
    expect(await relayNow(service)).toBe(1);
    await endRun(first.jobId, await newestRun(first.jobId));
    expect(await relayNow(service)).toBe(1);
  });
});

describe('a start that equals one whose call has reached the engine, while that is not recorded', () => {
  it.each(['its process', 'the relay'] as const)('is not dropped by %s, and is made after it', async (by) => {
    const orderId = randomUUID();
    const first = await returnOf(orderId);
    const { jobId } = first;
    const runId = (await service.dispatcher.dispatch(first))?.runId ?? '';
    const earlier = await returnOf(orderId);
    expect(await service.dispatcher.dispatch(earlier)).toEqual({ kind: 'waits', runId });
    await endRun(jobId, runId);
    expect(await relayNow(service)).toBe(1);
    const earlierRun = await newestRun(jobId);
    // The process that made it has it for a while, and has recorded nothing.
    await service.db
      .updateTable('outbox')
      .set({ dispatchedAt: null, outcome: null, runId, nextAttemptAt: new Date(Date.now() + 60_000) })
      .where('id', '=', earlier.id)
      .execute();

    const later = await returnOf(orderId);
    expect(later.isBehind).toBe(true);
    if (by === 'its process') expect(await service.dispatcher.dispatch(later)).toBeUndefined();
    else await leaveToRelay(service.db, later.id);
    expect(await relayDue(service)).toBe(0);
    expect(await row(later)).toMatchObject({ outcome: null, droppedAt: null, dispatchedAt: null });

    expect(await relayNow(service)).toBe(1);
    expect(await row(earlier)).toMatchObject({ outcome: 'started', runId: earlierRun });
    expect(await row(later)).toMatchObject({ outcome: null, runId: earlierRun });
    await endRun(jobId, earlierRun);
    expect(await relayNow(service)).toBe(1);
    expect(await row(later)).toMatchObject({ outcome: 'started', runId: await newestRun(jobId) });
  });
});

describe('a start that equals a withdrawn one', () => {
  it('continues waiting by itself', async () => {
    const orderId = randomUUID();
    const first = await returnOf(orderId);
    const runId = (await service.dispatcher.dispatch(first))?.runId ?? '';
    const withdrawn = await returnOf(orderId);
    await service.dispatcher.dispatch(withdrawn);
    await service.db.transaction().execute((trx) => withdrawStarts(trx, withdrawn.jobId));
    const wanted = await returnOf(orderId);
    expect(await service.dispatcher.dispatch(wanted)).toEqual({ kind: 'waits', runId });
    expect((await row(wanted)).droppedAt).toBeNull();
    await endRun(first.jobId, runId);
    expect(await relayNow(service)).toBe(1);
    expect(await row(wanted)).toMatchObject({ outcome: 'started' });
    expect(await row(withdrawn)).toMatchObject({ outcome: 'withdrawn' });
    expect(await madeByEarlierReleases()).toEqual([]);
  });
});

describe('a start that is made twice', () => {
  it.each(['while its run is open', 'after its run has ended'])('is the same run, %s', async (when) => {
    const entry = await returnOf(randomUUID());
    const made = await service.dispatcher.dispatch(entry);
    expect(made?.kind).toBe('started');
    if (when.startsWith('after')) await endRun(entry.jobId, made?.runId ?? '');
    // As after a crash between the start and its mark.
    await service.db
      .updateTable('outbox')
      .set({ dispatchedAt: null, outcome: null, runId: null })
      .where('id', '=', entry.id)
      .execute();
    expect(await relayNow(service)).toBe(1);
    expect(await row(entry)).toMatchObject({ outcome: 'started', runId: made?.runId });
    expect(await newestRun(entry.jobId)).toBe(made?.runId);
  });

  it('is the same run for those who make it at the same moment', async () => {
    const entry = await returnOf(randomUUID());
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => service.dispatcher.dispatch(entry)));
    expect(new Set(outcomes.map((outcome) => `${outcome?.kind} ${outcome?.runId}`)).size).toBe(1);
    expect(outcomes[0]?.kind).toBe('started');
  });
});

describe('a job that runs once ever', () => {
  it('is not started again, and nothing says that it was', async () => {
    const first = await commit('sendWelcomeEmail', { userId: randomUUID() });
    const runId = (await service.dispatcher.dispatch(first))?.runId ?? '';
    await endRun(first.jobId, runId);
    const second = await commit('sendWelcomeEmail', first.input as JobInput<'sendWelcomeEmail'>);
    expect(await service.dispatcher.dispatch(second)).toEqual({ kind: 'exists', runId });
    expect(await row(second)).toMatchObject({ outcome: 'exists', runId, dispatchedAt: null });
    expect(await madeByEarlierReleases()).toEqual([]);
    expect(await relayNow(service)).toBe(0);
  });
});

describe('a retry that meets another run', () => {
  it('is refused, and leaves no link to a run that is not its own', async () => {
    const entry = await returnOf(randomUUID());
    const { jobId } = entry;
    const failed = (await service.dispatcher.dispatch(entry))?.runId ?? '';
    await endRun(jobId, failed);
    const between = await commit('returnPayment', entry.input as never);
    const retry = await service.db.transaction().execute(async (trx) => {
      await trx.insertInto('jobRetries').values({ jobId, runId: failed, reason: null }).execute();
      return enqueueRetry(
        trx,
        returnPayment,
        entry.input as JobInput<'returnPayment'>,
        {
          jobId,
          runId: failed,
          businessKey: jobId.slice('return-payment:'.length),
          nominalTime: new Date().toISOString(),
        },
        { priority: null, fairnessKey: null, fairnessWeight: null },
      );
    });
    const other = await service.dispatcher.dispatch(between);
    expect(other?.kind).toBe('started');
    expect(await service.dispatcher.dispatch(retry)).toEqual({ kind: 'exists', runId: other?.runId });
    expect(await service.request('GET', `/api/jobs/${jobId}?runId=${failed}`)).toMatchObject({
      body: { links: { retriedBy: null } },
    });
    await endRun(jobId, other?.runId ?? '');
    // A run that was not retried can be retried.
    expect((await act(service, jobId, 'retry')).status).toBe(202);
  });
});

describe('a job that is signalled', () => {
  it('has its start delivered to the open run', async () => {
    const bulkJobId = randomUUID();
    const first = await service.dispatcher.dispatch(await commit('processBulk', { bulkJobId }));
    const second = await service.dispatcher.dispatch(await commit('processBulk', { bulkJobId }));
    expect(first?.kind).toBe('delivered');
    expect(second).toEqual(first);
    const { events } = await service.client.workflow.getHandle(`process-bulk:${bulkJobId}`).fetchHistory();
    expect(events?.filter((event) => event.workflowExecutionSignaledEventAttributes)).toHaveLength(2);
  });
});
