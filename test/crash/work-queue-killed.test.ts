import { afterEach, describe, expect, it } from 'vitest';
import { sql } from 'kysely';
import { setTimeout as delay } from 'node:timers/promises';
import { issueInvoice } from '../../contracts/work-items.ts';
import { enqueueWork } from '../../packages/durable-jobs/src/work-queue/enqueue.ts';
import { setDatabase } from '../support/database.ts';
import { holdRows } from '../support/hold-rows.ts';
import { eventually } from '../support/jobs.ts';
import { startWorker, type ServiceProcess } from '../support/processes.ts';
import { useService } from '../support/service.ts';
import { slowInserts } from '../support/slow-inserts.ts';
import { enqueueMany, invoiceableOrder, stockedSku, stockOf } from '../support/work-items.ts';

/** Another worker takes over within seconds; the items of a killed one become available when their leases of 30 s end. */
const TAKE_OVER_MS = 120_000;

const processes: ServiceProcess[] = [];
afterEach(async () => {
  await Promise.all(processes.splice(0).map((running) => running.stop()));
});
const kept = (running: ServiceProcess): ServiceProcess => {
  processes.push(running);
  return running;
};

const service = useService({ workers: false });

const countByStatus = async (): Promise<Record<string, number>> => {
  const rows = await service.db
    .selectFrom('workItems')
    .select(['status', (eb) => eb.fn.countAll<number>().as('count')])
    .groupBy('status')
    .execute();
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
};

/** Enqueues this number of items that each add one to a SKU's level, due one after the other since `secondsAgo`. */
async function enqueueInOrder(sku: string, count: number, secondsAgo: number): Promise<void> {
  await sql`
    INSERT INTO work_items (kind, payload, not_before)
    SELECT 'adjust-stock', jsonb_build_object('sku', ${sku}::text, 'delta', 1, 'reason', 'delivery'),
      now() - make_interval(secs => ${secondsAgo} - index / 1000.0)
    FROM generate_series(1, ${count}::integer) AS index`.execute(service.db);
}

/** Locks a SKU's level, so that work on it stops in the middle of its transaction. Returns a function that lets it continue. */
const holdLevel = (sku: string): Promise<() => Promise<void>> =>
  holdRows(service.db, (trx) =>
    trx.selectFrom('stockLevels').select('sku').where('sku', '=', sku).forUpdate().execute(),
  );

describe('the work queue', () => {
  afterEach(async () => {
    await service.db.deleteFrom('workItems').execute();
  });

  it('loses nothing and does nothing twice when its worker is killed in the middle of 1,000 items', async () => {
    const [sku, held] = [await stockedSku(service.db, 0), await stockedSku(service.db, 0)];
    const orderIds = await Promise.all(Array.from({ length: 100 }, () => invoiceableOrder(service.db)));
    await enqueueInOrder(sku, 400, 60);
    // All five slots reach them, and later items wait.
    await enqueueInOrder(held, 100, 50);
    await enqueueInOrder(sku, 400, 40);
    for (const orderId of orderIds) await enqueueWork(service.db, issueInvoice, { orderId });
    const letGo = await holdLevel(held);

    const first = await startWorker(service);
    await eventually(
      async () => expect(await countByStatus()).toEqual({ completed: 400, running: 5, pending: 595 }),
      TAKE_OVER_MS,
    );
    await first.kill();
    await letGo();

    kept(await startWorker(service));
    await eventually(async () => expect(await countByStatus()).toEqual({ completed: 1_000 }), TAKE_OVER_MS);
    expect(await stockOf(service.db, sku)).toEqual({ available: 800, entries: 800, sum: 800 });
    expect(await stockOf(service.db, held)).toEqual({ available: 100, entries: 100, sum: 100 });
    const invoices = await service.db
      .selectFrom('invoices')
      .select(['number', 'orderId'])
      .orderBy('number')
      .execute();
    expect(invoices.map(({ number }) => number)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
    expect(new Set(invoices.map(({ orderId }) => orderId))).toEqual(new Set(orderIds));
    const attempts = await service.db
      .selectFrom('workItems')
      .select(['attempts', (eb) => eb.fn.countAll<number>().as('count')])
      .groupBy('attempts')
      .orderBy('attempts')
      .execute();
    expect(attempts).toEqual([
      { attempts: 1, count: 995 },
      { attempts: 2, count: 5 },
    ]);
  });

  it('returns items in progress when its worker is asked to stop', async () => {
    const [sku, held] = [await stockedSku(service.db, 0), await stockedSku(service.db, 0)];
    await enqueueInOrder(sku, 50, 60);
    await enqueueInOrder(held, 10, 50);
    const letGo = await holdLevel(held);
    const first = await startWorker(service);
    await eventually(
      async () => expect(await countByStatus()).toEqual({ completed: 50, running: 5, pending: 5 }),
      TAKE_OVER_MS,
    );
    expect(await first.stop()).toBe(0);
    const left = await service.db
      .selectFrom('workItems')
      .select(['status', 'attempts', 'lastErrorCode', (eb) => eb.fn.countAll<number>().as('count')])
      .where('status', '!=', 'completed')
      .groupBy(['status', 'attempts', 'lastErrorCode'])
      .execute();
    expect(left).toEqual([{ status: 'pending', attempts: 0, lastErrorCode: null, count: 10 }]);
    await letGo();
    kept(await startWorker(service));
    await eventually(async () => expect(await countByStatus()).toEqual({ completed: 60 }), TAKE_OVER_MS);
    expect(await stockOf(service.db, held)).toEqual({ available: 10, entries: 10, sum: 10 });
  });

  it('continues after a minute without its database, and has done each item once', async () => {
    const sku = await stockedSku(service.db, 0);
    // One item after another, because they change the same level: at most fifty per second.
    const hurry = await slowInserts(service.db, 'stock_ledger', 0.02);
    kept(await startWorker(service));
    await enqueueMany(service.db, sku, 2_000);
    await eventually(async () => expect((await stockOf(service.db, sku)).entries).toBeGreaterThan(100));
    await setDatabase(service, 'down');
    try {
      await delay(60_000);
    } finally {
      await setDatabase(service, 'up');
    }
    const { entries } = await stockOf(service.db, sku);
    expect(entries).toBeLessThan(2_000);
    await hurry();
    await enqueueMany(service.db, sku, 100);
    await eventually(async () => expect(await countByStatus()).toEqual({ completed: 2_100 }), TAKE_OVER_MS);
    expect(await stockOf(service.db, sku)).toEqual({ available: 2_100, entries: 2_100, sum: 2_100 });
  });
});
