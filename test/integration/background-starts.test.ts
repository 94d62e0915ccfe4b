import { jobRules } from '../../domain/job-rules.ts';
import { jobs } from '../../contracts/catalogue.ts';
import { deleteExpired } from '../../contracts/jobs/delete-expired.ts';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTemporalClient, type TemporalClient } from '../../packages/durable-jobs/src/engine/client.ts';
import { createDispatcher, type Dispatcher } from '../../packages/durable-jobs/src/jobs/outbox/dispatcher.ts';
import {
  enqueueOwn,
  enqueueStart,
  type OutboxEntry,
} from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { rescheduleStart } from '../../packages/durable-jobs/src/jobs/outbox/reschedule.ts';
import { withdrawStarts } from '../../packages/durable-jobs/src/jobs/outbox/withdraw.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useOwnEngine } from '../support/own-engine.ts';
import { startApi, startWorker } from '../support/processes.ts';
import { relayNow } from '../support/run-job.ts';
import { request, useService, type Service } from '../support/service.ts';

const logger = pino({ level: 'silent' });
const inAnHour = (): Date => new Date(Date.now() + 3_600_000);

/** Commits starts of different jobs. */
const commitOwn = (service: Service, count: number, startAt: Date | null = null): Promise<OutboxEntry[]> =>
  service.db.transaction().execute(async (trx) => {
    const entries: OutboxEntry[] = [];
    for (let n = 0; n < count; n++) entries.push(await enqueueOwn(trx, deleteExpired, {}, { startAt }));
    return entries;
  });
const rowsOf = (service: Service, entries: readonly OutboxEntry[]) =>
  service.db
    .selectFrom('outbox')
    .selectAll()
    .where(
      'id',
      'in',
      entries.map(({ id }) => id),
    )
    .orderBy('id')
    .execute();

describe('starts in the background', () => {
  const service = useService({ workers: false });
  const dispatcherOf = (client: TemporalClient['client'] = service.client): Dispatcher =>
    createDispatcher({ db: service.db, client, jobs, jobRules, logger, timeoutMs: 5_000 });

  beforeEach(() => service.db.deleteFrom('outbox').execute());

  it('are made and marked, each with its run, by the time that all is drained', async () => {
    const dispatcher = dispatcherOf();
    const entries = await commitOwn(service, 30);
    dispatcher.start(entries);
    await dispatcher.drain();
    const rows = await rowsOf(service, entries);
    expect(rows.every(({ outcome, dispatchedAt }) => outcome === 'started' && dispatchedAt !== null)).toBe(
      true,
    );
    for (const { jobId, runId } of rows.slice(0, 5)) {
      expect((await service.client.workflow.getHandle(jobId ?? '').describe()).runId).toBe(runId);
    }
    expect(await relayNow(service)).toBe(0);
  });

  it('of one job are made in their order', async () => {
    const dispatcher = dispatcherOf();
    const orderIds = Array.from({ length: 5 }, () => randomUUID());
    const entries = await service.db.transaction().execute(async (trx) => {
      const made: OutboxEntry[] = [];
      for (const reason of ['order_cancelled', 'payment_failed'] as const)
        for (const orderId of orderIds)
          made.push(await enqueueStart(trx, jobs.get('returnPayment'), { orderId, reason }));
      return made;
    });
    dispatcher.start(entries);
    await dispatcher.drain();
    // On a busy machine, a start that has waited for seconds behind the first of its job is left to the relay.
    await relayNow(service);
    // The first occupies the job, and the second waits for the end of its run.
    const rows = await rowsOf(service, entries);
    const [first, second] = [rows.slice(0, 5), rows.slice(5)];
    expect(first.map(({ outcome }) => outcome)).toEqual(Array(5).fill('started'));
    expect(second.map(({ outcome, dispatchedAt }) => [outcome, dispatchedAt])).toEqual(
      Array(5).fill([null, null]),
    );
    expect(second.map(({ runId }) => runId)).toEqual(first.map(({ runId }) => runId));
  });

  it('wait for an earlier one of their job that was left to the relay', async () => {
    const dispatcher = dispatcherOf();
    const orderId = randomUUID();
    const commit = (reason: 'order_cancelled' | 'payment_failed') =>
      service.db
        .transaction()
        .execute((trx) => enqueueStart(trx, jobs.get('returnPayment'), { orderId, reason }));
    // The process that committed it died.
    const first = await commit('order_cancelled');
    const second = await commit('payment_failed');
    expect([first.isBehind, second.isBehind]).toEqual([false, true]);
    dispatcher.start([second]);
    expect(await dispatcher.dispatch(second)).toBeUndefined();
    await dispatcher.drain();
    const before = await rowsOf(service, [first, second]);
    expect(before.map(({ dispatchedAt, runId }) => [dispatchedAt, runId])).toEqual(
      Array(2).fill([null, null]),
    );
    expect(await relayNow(service)).toBe(1);
    const [made, waiting] = await rowsOf(service, [first, second]);
    expect(made?.outcome).toBe('started');
    expect(waiting).toMatchObject({ outcome: null, dispatchedAt: null, runId: made?.runId });
  });

  it('that were withdrawn or moved before they were marked are cancelled and moved', async () => {
    const dispatcher = dispatcherOf();
    const entries = await commitOwn(service, 3, inAnHour());
    const [kept, withdrawn, moved] = entries as [OutboxEntry, OutboxEntry, OutboxEntry];
    const at = new Date(Date.now() + 86_400_000);
    await service.db.transaction().execute((trx) => withdrawStarts(trx, withdrawn.jobId));
    expect(await rescheduleStart(service.db, moved.jobId, at)).toBe('moved');
    dispatcher.start(entries);
    await dispatcher.drain();
    expect(await jobWithStatus(service, kept.jobId, 'scheduled')).toMatchObject({ cancelRequestedAt: null });
    // No worker runs it here.
    const { body } = await service.request('GET', `/api/jobs/${withdrawn.jobId}`);
    expect((body as { cancelRequestedAt: string | null }).cancelRequestedAt).not.toBeNull();
    const { plannedAttempts } = await jobWithStatus(service, moved.jobId, 'scheduled');
    expect(Math.abs(Date.parse(plannedAttempts[0] ?? '') - at.getTime())).toBeLessThan(60_000);
    expect((await rowsOf(service, entries)).map(({ outcome }) => outcome)).toEqual(Array(3).fill('started'));
  });

  it('are shown right at every moment after their answer', async () => {
    for (let n = 0; n < 20; n++) {
      const { body } = await service.request('POST', '/api/jobs', { type: 'deleteExpired', input: {} });
      const { jobId } = body as { jobId: string };
      const seen = await Promise.all(
        ['', '/why', '/result'].map((view) => service.request('GET', `/api/jobs/${jobId}${view}`)),
      );
      expect(seen.map(({ status }) => status)).toEqual([200, 200, 202]);
      expect(['scheduled', 'running']).toContain((seen[0]?.body as { status: string }).status);
    }
  });

  it('come before an action that only their run can do', async () => {
    const { body } = await service.request('POST', '/api/bulk-jobs?task=import-products', [
      { sku: 'tea', name: 'Tea', unitAmount: 100, currency: 'eur' },
    ]);
    const { id, jobId } = body as { id: string; jobId: string };
    expect((await service.request('POST', `/api/bulk-jobs/${id}/pause`)).status).toBe(202);
    const { events } = await service.client.workflow.getHandle(jobId).fetchHistory();
    const signals = events?.flatMap(
      ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName ?? [],
    );
    expect(signals).toContain('pauseBulk');
  });

  describe('whose engine takes connections and never answers', () => {
    const sockets = new Set<Socket>();
    const stalled = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    });
    let away: TemporalClient;
    beforeAll(async () => {
      stalled.listen(0, '127.0.0.1');
      await once(stalled, 'listening');
      const { port } = stalled.address() as AddressInfo;
      away = createTemporalClient(
        { connection: { address: `127.0.0.1:${port}` }, namespace: 'default' },
        'test',
      );
    });
    afterAll(async () => {
      await away.close();
      for (const socket of sockets) socket.destroy();
      stalled.close();
    });

    it('are bounded, end within seconds, and are left to the relay', async () => {
      const dispatcher = dispatcherOf(away.client);
      const entries = await commitOwn(service, 1_200);
      dispatcher.start(entries);
      const begin = performance.now();
      await dispatcher.drain();
      // One after another, they would take an hour and a half.
      expect(performance.now() - begin).toBeLessThan(60_000);
      const rows = await rowsOf(service, entries);
      expect(rows.every(({ dispatchedAt, attempts }) => dispatchedAt === null && attempts === 0)).toBe(true);
      // Starts after the drain are not begun.
      const late = await commitOwn(service, 1);
      dispatcher.start(late);
      await dispatcher.drain();
      expect((await rowsOf(service, late))[0]?.dispatchedAt).toBeNull();
    });

    it('end with their API, which exits within its time', async () => {
      const { port } = stalled.address() as AddressInfo;
      const api = await startApi(service, {
        TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
        API_SHUTDOWN_GRACE: '60s',
      });
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => request(api.url, 'POST', '/api/jobs', { type: 'deleteExpired' })),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(202));
      const begin = performance.now();
      expect(await api.stop()).toBe(0);
      expect(performance.now() - begin).toBeLessThan(60_000);
      expect(await relayNow(service)).toBeGreaterThanOrEqual(5);
    });
  });
});

describe('an engine that is away', () => {
  const engine = useOwnEngine();
  const service = useService({ workers: false, temporalAddress: engine.address });

  it('holds up no answer, and its return starts each job exactly once', async () => {
    const [api, worker] = await Promise.all([
      startApi(service, { ENGINE_TIMEOUT: '20s' }),
      startWorker(service),
    ]);
    try {
      await engine.kill();
      const times: number[] = [];
      const emails: string[] = [];
      for (let n = 0; n < 20; n++) {
        const email = `ada-${randomUUID()}@example.com`;
        const sentAt = performance.now();
        const { status } = await request(api.url, 'POST', '/api/auth/register', {
          email,
          name: 'Ada',
          password: 'correct horse',
        });
        expect(status).toBe(201);
        times.push(performance.now() - sentAt);
        emails.push(email);
      }
      // A single wait for the engine would take this long.
      expect(Math.max(...times)).toBeLessThan(20_000);
      await engine.restart();
      await eventually(
        () => expect(emails.map((email) => service.mail.to(email).length)).toEqual(Array(20).fill(1)),
        90_000,
      );
      // A job may have ended before its start is recorded.
      await eventually(async () => {
        const rows = await service.db.selectFrom('outbox').select('outcome').execute();
        expect(rows.map(({ outcome }) => outcome)).toEqual(Array(20).fill('started'));
      });
    } finally {
      await Promise.all([api.stop(), worker.stop()]);
    }
  });
});
