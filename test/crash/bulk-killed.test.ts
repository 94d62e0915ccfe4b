import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import type { BulkJob } from '../../packages/durable-jobs/src/bulk/rows.ts';
import { createStripeProvider } from '../../domain/payments/provider.ts';
import { pricedOrders, uploadItems } from '../support/bulk.ts';
import { holdRows } from '../support/hold-rows.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useOwnEngine } from '../support/own-engine.ts';
import { startApi, startWorker, type ServiceProcess } from '../support/processes.ts';
import { runJob } from '../support/run-job.ts';
import { request, useService, type Service } from '../support/service.ts';

/** The engine notices a dead worker by its missing heartbeat, after half a minute; then the next attempt begins. */
const TAKE_OVER_MS = 180_000;

const processes: ServiceProcess[] = [];
afterEach(async () => {
  await Promise.all(processes.splice(0).map((running) => running.stop()));
});
const kept = (running: ServiceProcess): ServiceProcess => {
  processes.push(running);
  return running;
};

const product = (prefix: string, index: number) => ({
  sku: `${prefix}-${String(index).padStart(6, '0')}`,
  name: `Product ${index}`,
  unitAmount: index,
  currency: 'EUR',
});
const products = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => product(prefix, index));

const readJob = (service: Service, id: string): Promise<BulkJob> =>
  service.db.selectFrom('bulkJobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

const expectDone = (service: Service, id: string, done: number): Promise<void> =>
  eventually(async () => expect((await readJob(service, id)).done).toBe(done), TAKE_OVER_MS);

/** Waits for the end of a job, and checks that each of its items was done and recorded once. */
async function expectAllDoneOnce(service: Service, id: string, total: number): Promise<void> {
  await eventually(async () => expect((await readJob(service, id)).status).toBe('completed'), TAKE_OVER_MS);
  expect(await readJob(service, id)).toMatchObject({ total, done: total, failed: 0 });
  const items = await service.db
    .selectFrom('bulkItems')
    .select(['status', 'attempts'])
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('bulkJobId', '=', id)
    .groupBy(['status', 'attempts'])
    .execute();
  expect(items).toEqual([{ status: 'done', attempts: 1, count: total }]);
}

/** Counts each committed write to the product table, by a trigger. Returns their number, and the number of SKUs. */
async function countWrites(service: Service): Promise<() => Promise<{ writes: number; skus: number }>> {
  await sql`CREATE TABLE IF NOT EXISTS product_writes (sku text NOT NULL)`.execute(service.db);
  await sql`
    CREATE OR REPLACE FUNCTION note_product_write() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO product_writes VALUES (NEW.sku); RETURN NULL; END $$`.execute(service.db);
  await sql`
    CREATE OR REPLACE TRIGGER note_product_write AFTER INSERT OR UPDATE ON products
    FOR EACH ROW EXECUTE FUNCTION note_product_write()`.execute(service.db);
  return async () => {
    const { rows } = await sql<{ writes: number; skus: number }>`
      SELECT count(*)::integer AS writes, count(DISTINCT sku)::integer AS skus FROM product_writes`.execute(
      service.db,
    );
    return rows[0] ?? { writes: 0, skus: 0 };
  };
}

/** Locks products, so that their chunks stop in the middle of their transactions. Returns a function that lets them continue. */
async function holdProducts(
  service: Service,
  prefix: string,
  indexes: readonly number[],
): Promise<() => Promise<void>> {
  const rows = indexes.map((index) => {
    const { sku, name } = product(prefix, index);
    return { sku, name, unitAmountMinor: 0, currency: 'eur' };
  });
  await service.db.insertInto('products').values(rows).execute();
  const skus = rows.map(({ sku }) => sku);
  return holdRows(service.db, (trx) =>
    trx.selectFrom('products').select('sku').where('sku', 'in', skus).forUpdate().execute(),
  );
}

describe('a worker that is killed', () => {
  const service = useService({ workers: false });

  it('in the middle of chunks leaves an import to another, which does each item once', async () => {
    const first = await startWorker(service);
    const prefix = randomUUID();
    // One in each of the three batches that are processed concurrently, in its third chunk of 500.
    const letGo = await holdProducts(service, prefix, [1_250, 6_250, 11_250]);
    const writes = await countWrites(service);
    const { id, jobId } = await uploadItems(service.url, 'import-products', products(prefix, 12_000));
    await expectDone(service, id, 3_000);
    await first.kill();
    await letGo();

    kept(await startWorker(service));
    await expectAllDoneOnce(service, id, 12_000);
    expect(await writes()).toEqual({ writes: 12_000, skus: 12_000 });
    const job = await jobWithStatus(service, jobId, 'completed');
    const lost = job.attempts.filter(({ number, error }) => number === 1 && error !== null);
    // On a busy machine, the worker may also have died in a step of the job itself.
    expect(lost.filter(({ activity }) => activity === 'processBulkBatch')).toHaveLength(3);
  });

  it('while it tells the payment provider leaves the rest to another, and every amount is right', async () => {
    const first = await startWorker(service);
    const orderIds = await pricedOrders(service, 300);
    // The provider accepts some amounts, and the responses to the next ones do not arrive.
    const match = { path: '/v1/payment_intents/' };
    await service.fault({ kind: 'delay', delayMs: 1, times: 200, match });
    await service.fault({ kind: 'delay', delayMs: 600_000, times: 1_000, match });
    const { id } = await uploadItems(
      service.url,
      'reprice-orders',
      orderIds.map((orderId) => ({ orderId })),
    );
    await eventually(async () => expect((await readJob(service, id)).done).toBeGreaterThan(50));
    await first.kill();
    const { done } = await readJob(service, id);
    expect(done).toBeLessThan(250);
    await service.clearFaults();

    kept(await startWorker(service));
    await expectAllDoneOnce(service, id, 300);
    const orders = await service.db
      .selectFrom('orders')
      .select(['amountMinor', 'paymentIntentId'])
      .where('id', 'in', orderIds)
      .execute();
    expect(new Set(orders.map(({ amountMinor }) => amountMinor))).toEqual(new Set([500]));
    const provider = createStripeProvider({
      apiKey: 'sk_test_sandbox',
      apiUrl: service.sandboxUrl,
      timeoutMs: 60_000,
    });
    // Before the reading below, which is also recorded.
    const updates = await updatesByIntent(service);
    for (const { paymentIntentId: intentId } of orders) {
      expect((await provider.findPayment(intentId ?? ''))?.payment.amountMinor).toBe(500);
    }
    // Of the chunk of ten that each of the two batches was processing, the provider may already have the amounts, and
    // receives them again.
    expect(updates.size).toBe(300);
    const twice = [...updates.values()].filter((count) => count > 1);
    expect(twice.length).toBeLessThanOrEqual(20);
    expect(new Set(twice)).toEqual(new Set(twice.length > 0 ? [2] : []));
  });
});

/** How often each intent was changed in the sandbox. */
async function updatesByIntent(service: Service): Promise<Map<string, number>> {
  const { body } = await request(service.sandboxUrl, 'GET', '/_control/requests?limit=1000');
  const { requests } = body as { requests: { method: string; path: string }[] };
  const counts = new Map<string, number>();
  for (const { method, path } of requests) {
    const intent = method === 'POST' ? /^\/v1\/payment_intents\/(\w+)$/.exec(path)?.[1] : undefined;
    if (intent !== undefined) counts.set(intent, (counts.get(intent) ?? 0) + 1);
  }
  return counts;
}

describe('an API that is killed', () => {
  const service = useService({ workers: false });

  const countRows = async (): Promise<Record<string, number>> => {
    const tables = ['bulkUploads', 'bulkJobs', 'bulkItems', 'outbox'] as const;
    const counts = await Promise.all(
      tables.map((table) =>
        service.db
          .selectFrom(table)
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow(),
      ),
    );
    return Object.fromEntries(tables.map((table, index) => [table, counts[index]?.count ?? 0]));
  };
  it('in the middle of an upload leaves nothing of it, once the clean-up has run', async () => {
    const api = await startApi(service);
    const before = await countRows();
    const upload = httpRequest(`${api.url}/api/bulk-jobs?task=import-products`, {
      method: 'POST',
      headers: { authorization: `Bearer ${LOCAL_API_KEY}`, 'content-type': 'application/x-ndjson' },
    });
    upload.on('error', () => undefined);
    const closed = new Promise((resolve) => upload.once('close', resolve));
    upload.write(
      products(randomUUID(), 5_000)
        .map((item) => `${JSON.stringify(item)}\n`)
        .join(''),
    );
    await eventually(async () => expect(await countRows()).toMatchObject({ bulkItems: 4_000 }));
    await api.kill();
    await closed;
    // The items exist, and belong to no job.
    expect(await countRows()).toEqual({ ...before, bulkUploads: 1, bulkItems: 4_000 });

    const worker = await startWorker(service);
    // As after a minute.
    await service.db
      .updateTable('bulkUploads')
      .set({ leaseExpiresAt: sql<Date>`now()` })
      .execute();
    expect((await runJob(service, 'deleteExpired', {})).result).toMatchObject({
      deleted: { uploadedItems: 4_000, uploads: 1 },
    });
    await worker.stop();
    expect(await countRows()).toMatchObject({ bulkUploads: 0, bulkItems: 0, bulkJobs: 0 });
  });

  it('after the commit of an upload, before its start, has accepted all of it', async () => {
    /** An engine that accepts connections and never responds: starts in the background stay in progress. */
    const sockets = new Set<Socket>();
    const stalled = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    });
    stalled.listen(0, '127.0.0.1');
    await once(stalled, 'listening');
    try {
      const { port } = stalled.address() as AddressInfo;
      const api = await startApi(service, { TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
      const prefix = randomUUID();
      const writes = await countWrites(service);
      const { id } = await uploadItems(api.url, 'import-products', products(prefix, 7_000));
      await api.kill();
      expect(await readJob(service, id)).toMatchObject({ status: 'queued', total: 7_000, done: 0 });

      kept(await startWorker(service));
      await expectAllDoneOnce(service, id, 7_000);
      expect(await writes()).toEqual({ writes: 7_000, skus: 7_000 });
    } finally {
      for (const socket of sockets) socket.destroy();
      stalled.close();
    }
  });
});

describe('an engine that is killed', () => {
  const engine = useOwnEngine();
  const service = useService({ workers: false, temporalAddress: engine.address });

  it('holds up the batches to come alone, and each item is done once', async () => {
    kept(await startWorker(service));
    const prefix = randomUUID();
    // One in each of the four batches of the window; two more follow.
    const letGo = await holdProducts(service, prefix, [1_250, 6_250, 11_250, 16_250]);
    const writes = await countWrites(service);
    const { id, jobId } = await uploadItems(service.url, 'import-products', products(prefix, 30_000));
    await expectDone(service, id, 4_000);
    await engine.kill();
    await letGo();
    await expectDone(service, id, 20_000);
    expect(await readJob(service, id)).toMatchObject({ status: 'running', done: 20_000 });

    await engine.restart();
    await expectAllDoneOnce(service, id, 30_000);
    expect(await writes()).toEqual({ writes: 30_000, skus: 30_000 });
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({
      result: { outcome: 'completed', total: 30_000, done: 30_000, failed: 0 },
    });
  });
});
