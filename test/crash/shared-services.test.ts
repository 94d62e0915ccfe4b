import { sql } from 'kysely';
import { afterEach, expect, it } from 'vitest';
import { createPostgresBroker } from '../../packages/durable-jobs/src/messages/broker/postgres-broker.ts';
import type { ServiceView } from '../../packages/durable-jobs/src/hosted-services/read-services.ts';
import { eventually } from '../support/jobs.ts';
import { orderMessage, orderOf, registerUser, send } from '../support/order-messages.ts';
import { startWorker, type ServiceProcess } from '../support/processes.ts';
import { useService } from '../support/service.ts';
import { slowInserts } from '../support/slow-inserts.ts';
import { enqueueMany, stockedSku, stockOf } from '../support/work-items.ts';

/** A worker joins, leaves or resumes within seconds, but not while other tests of this kind keep all cores busy. */
const SOON_MS = 180_000;
/** The lease of a killed worker's items, and an allowance for a busy machine. */
const LEASE_MS = 120_000;

const service = useService({ workers: false });
const workers: ServiceProcess[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});

const view = async (id = 'work-queue'): Promise<ServiceView> =>
  (await service.request('GET', `/api/services/${id}`)).body as ServiceView;

const pidOf = (worker: string | null): number => Number(worker?.split('@')[0]);

const sharing = (count: number, id?: string): Promise<ServiceView> =>
  eventually(async () => {
    const found = await view(id);
    expect(found.workers).toHaveLength(count);
    expect(found.state).toBe('running');
    return found;
  }, SOON_MS);

const left = async (): Promise<number> => {
  const { count } = await service.db
    .selectFrom('workItems')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('status', '!=', 'completed')
    .executeTakeFirstOrThrow();
  return count;
};

it(
  'every worker takes its share; one that is killed loses nothing; a pause stops all, and a resumption restarts all',
  { timeout: 600_000 },
  async () => {
    const skus = await Promise.all(Array.from({ length: 20 }, () => stockedSku(service.db, 0)));
    // There are items for minutes, unless they are to hurry.
    const hurry = await slowInserts(service.db, 'stock_ledger', 0.5);
    workers.push(await startWorker(service));
    await sharing(1);
    workers.push(await startWorker(service));
    await sharing(2);
    await sharing(2, 'order-consumer');
    // A singleton runs on one of the two.
    expect((await view('outbox-relay')).workers).toEqual([]);

    for (const sku of skus) await enqueueMany(service.db, sku, 100);
    const both = await eventually(async () => {
      const found = await view();
      expect(found.workers.map(({ processed }) => processed > 20)).toEqual([true, true]);
      return found;
    }, SOON_MS);
    expect(both.busy).toBe(true);
    expect(both.processed).toBeGreaterThan(40);

    expect((await service.request('POST', '/api/services/work-queue/pause')).status).toBe(202);
    await eventually(async () => {
      const found = await view();
      expect(found).toMatchObject({ state: 'paused', workers: [], busy: false });
      expect(found.pausedAt).not.toBeNull();
    }, SOON_MS);
    const atPause = await left();
    expect(atPause).toBeGreaterThan(0);
    // Nothing is claimed while the service is paused: a resumption finds what the pause left.
    expect((await service.request('POST', '/api/services/work-queue/resume')).status).toBe(202);
    const again = await sharing(2);
    expect(await left()).toBeLessThanOrEqual(atPause);

    // The one that reports to the engine: its death must not stop the other one.
    const lead = await eventually(async () => {
      const { worker, workers: shares } = await view();
      expect(shares.map((share) => share.worker)).toContain(worker);
      return worker;
    }, SOON_MS);
    const survivor = again.workers.find(({ worker }) => worker !== lead)?.worker;
    const before = await left();
    expect(before).toBeGreaterThan(0);
    process.kill(pidOf(lead), 'SIGKILL');
    await eventually(async () => {
      const found = await view();
      expect(found.workers.map(({ worker }) => worker)).toEqual([survivor]);
      expect(found.worker).toBe(survivor);
    }, SOON_MS);
    await hurry();
    await eventually(async () => expect(await left()).toBe(0), LEASE_MS);

    for (const sku of skus) {
      expect(await stockOf(service.db, sku)).toEqual({ available: 100, entries: 100, sum: 100 });
    }
    const { rows } = await sql<{ most: number; more: number }>`
      SELECT max(attempts) AS most, count(*) FILTER (WHERE attempts > 1) AS more FROM work_items`.execute(
      service.db,
    );
    // Only the items that the killed worker had claimed were started twice: as many as it had slots, and as many ahead.
    expect(rows[0]?.most).toBeLessThanOrEqual(2);
    expect(rows[0]?.more).toBeLessThanOrEqual(10);
  },
);

it('every worker consumes messages, and each message makes one order', { timeout: 600_000 }, async () => {
  const userId = await registerUser(service);
  const hurry = await slowInserts(service.db, 'orders', 0.2);
  const env = { ORDER_CONSUMER_CREDIT: '1' };
  workers.push(await startWorker(service, env), await startWorker(service, env));
  await sharing(2, 'order-consumer');
  const messages = Array.from({ length: 150 }, () => orderMessage(orderOf(userId)));
  await send(createPostgresBroker(service.db), ...messages);
  await eventually(async () => {
    const { workers: shares } = await view('order-consumer');
    expect(shares.map(({ processed }) => processed > 20)).toEqual([true, true]);
  }, SOON_MS);
  await hurry();
  await eventually(async () => {
    const orders = await service.db.selectFrom('orders').select('id').execute();
    expect(orders.map(({ id }) => id).toSorted()).toEqual(messages.map(({ id }) => id ?? '').toSorted());
  }, SOON_MS);
  const taken = await service.db.selectFrom('orderMessages').select('orderId').execute();
  expect(taken).toHaveLength(150);
  expect(await service.db.selectFrom('deadLetters').selectAll().execute()).toEqual([]);
});
