import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  ServiceProgress,
  ServiceScope,
} from '../../packages/durable-jobs/src/hosted-services/hosted-service.ts';
import {
  createWorkQueueService,
  type WorkQueueOptions,
} from '../../packages/durable-jobs/src/work-queue/service.ts';
import {
  defineWorkItem,
  type WorkContext,
} from '../../packages/durable-jobs/src/work-queue/define-work-item.ts';
import { adjustStock as declared } from '../../contracts/work-items.ts';
import { adjustStock } from '../../activities/work-items/adjust-stock.ts';
import { issueInvoice } from '../../activities/work-items/issue-invoice.ts';
import { workKinds } from '../../activities/work-items/work-kinds.ts';
import { connectDatabase } from '../../packages/durable-jobs/src/database/connect.ts';
import type { Db, Trx } from '../../domain/database/schema.ts';
import { enqueueWork } from '../../packages/durable-jobs/src/work-queue/enqueue.ts';
import { LeaseLostError, WorkError } from '../../packages/durable-jobs/src/work-queue/errors.ts';
import { createWorkQueue } from '../../packages/durable-jobs/src/work-queue/work-queue.ts';
import { setDatabase } from '../support/database.ts';
import { gate } from '../support/gate.ts';
import { holdRows } from '../support/hold-rows.ts';
import { eventually } from '../support/jobs.ts';
import { runService, type RunningService } from '../support/service-scope.ts';
import { sessionOf } from '../support/session.ts';
import { useService } from '../support/service.ts';
import {
  enqueueAdjustment,
  enqueueMany,
  invoiceableOrder,
  readWorkItem,
  stockedSku,
  stockOf,
  workItemWithStatus,
} from '../support/work-items.ts';

const service = useService();
type AdjustStock = NonNullable<(typeof adjustStock)['apply']>;
type AdjustAll = NonNullable<(typeof adjustStock)['applyAll']>;
type IssueInvoice = NonNullable<(typeof issueInvoice)['apply']>;
type Perform = NonNullable<(typeof declared)['perform']>;
/** As in production. */
const changeStock: AdjustStock = async (...args) => adjustStock.apply?.(...args);
const makeInvoice: IssueInvoice = async (...args) => issueInvoice.apply?.(...args);
const DAY_MS = 86_400_000;

const running: RunningService[] = [];
/** Runs the service. It polls once a day, so anything sooner was caused by a notification. */
function work(options: Partial<WorkQueueOptions> = {}): RunningService {
  const run = runService(
    'work-queue',
    createWorkQueueService({ kinds: workKinds, concurrency: 5, pollMs: DAY_MS, ...options }),
    service,
  );
  running.push(run);
  return run;
}
const adjustingBy = (apply: AdjustStock) => ({ kinds: workKinds.with([{ ...adjustStock, apply }]) });

afterEach(async () => {
  await Promise.all(running.splice(0).map((run) => run.stop()));
});
beforeEach(async () => {
  await service.db.deleteFrom('workItems').execute();
});

/** Locks an item's row, as another program's transaction does. Returns a function that ends the transaction. */
const lockItem = (id: string): Promise<() => Promise<void>> =>
  holdRows(service.db, (trx) =>
    trx.selectFrom('workItems').select('id').where('id', '=', id).forUpdate().execute(),
  );

/** Makes an item due that waits for its next attempt: tests do not wait for a back-off. */
async function dueNow(id: string): Promise<void> {
  await service.db
    .updateTable('workItems')
    .set({ notBefore: new Date(0) })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .execute();
}

/** Records how many items are running at the same time from now on. */
async function noteMostRunning(): Promise<() => Promise<number>> {
  await sql`CREATE TABLE IF NOT EXISTS durable_jobs.running_counts (running integer)`.execute(service.db);
  await sql`TRUNCATE durable_jobs.running_counts`.execute(service.db);
  await sql`
    CREATE OR REPLACE FUNCTION note_running() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO durable_jobs.running_counts SELECT count(*) FROM durable_jobs.work_items WHERE status = 'running';
      RETURN NULL;
    END $$`.execute(service.db);
  await sql`
    CREATE OR REPLACE TRIGGER note_running AFTER UPDATE ON work_items
    FOR EACH STATEMENT EXECUTE FUNCTION note_running()`.execute(service.db);
  return async () => {
    const { rows } = await sql<{ most: number | null }>`
      SELECT max(running) AS most FROM durable_jobs.running_counts`.execute(service.db);
    return rows[0]?.most ?? 0;
  };
}

/** Records each failure after which an item waits for another attempt: on a busy machine, that may begin before a test looks. */
async function noteFailures(): Promise<() => Promise<unknown[]>> {
  await sql`CREATE TABLE durable_jobs.item_failures (attempts integer, code text, message text, wait_ms float8)`.execute(
    service.db,
  );
  await sql`
    CREATE FUNCTION note_failure() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO durable_jobs.item_failures VALUES (NEW.attempts, NEW.last_error_code, NEW.last_error_message,
        extract(epoch FROM NEW.not_before - NEW.last_error_at) * 1000);
      RETURN NULL;
    END $$`.execute(service.db);
  await sql`
    CREATE TRIGGER note_failure AFTER UPDATE ON work_items FOR EACH ROW
    WHEN (NEW.status = 'pending' AND NEW.last_error_at IS DISTINCT FROM OLD.last_error_at)
    EXECUTE FUNCTION note_failure()`.execute(service.db);
  return async () => {
    const { rows } = await sql`SELECT * FROM item_failures ORDER BY attempts`.execute(service.db);
    await sql`DROP FUNCTION note_failure CASCADE`.execute(service.db);
    await sql`DROP TABLE item_failures`.execute(service.db);
    return rows;
  };
}

describe('the queue', () => {
  const queueOf = (leaseMs = 30_000) => createWorkQueue({ db: service.db, kinds: workKinds.all, leaseMs });

  it('gives an item to one of those that claim concurrently', async () => {
    await enqueueMany(service.db, 'tea', 300);
    const claim = async (): Promise<string[]> => {
      const queue = queueOf(600_000);
      const ids: string[] = [];
      for (;;) {
        const items = await queue.getNext(7);
        if (items.length === 0) return ids;
        ids.push(...items.map(({ lease }) => lease.id));
      }
    };
    const ids = (await Promise.all(Array.from({ length: 8 }, claim))).flat();
    expect(ids).toHaveLength(300);
    expect(new Set(ids).size).toBe(300);
  });

  it('gives those first that have been due longest, and none before its time', async () => {
    const at = (ms: number) => ({ notBefore: new Date(Date.now() + ms) });
    const second = await enqueueAdjustment(service.db, 'tea', 1, at(-1_000));
    const first = await enqueueAdjustment(service.db, 'tea', 1, at(-60_000));
    const later = await enqueueAdjustment(service.db, 'tea', 1, at(600_000));
    const queue = queueOf();
    expect((await queue.getNext(1))[0]?.lease.id).toBe(first);
    expect((await queue.getNext(5)).map(({ lease }) => lease.id)).toEqual([second]);
    // The lease of the first ends before the third is due.
    expect(await queue.nextDueInMs([])).toBeLessThanOrEqual(30_000);
    const held = [first, second].map((id) => ({ id, token: randomUUID() }));
    const dueInMs = await queue.nextDueInMs(held);
    expect(dueInMs).toBeGreaterThan(30_000);
    expect(dueInMs).toBeLessThanOrEqual(600_000);
    expect(await readWorkItem(service.db, later)).toMatchObject({ status: 'pending', attempts: 0 });
  });

  it('hands out an item again when its lease expires, and refuses the previous holder', async () => {
    const sku = await stockedSku(service.db, 0);
    const id = await enqueueAdjustment(service.db, sku, 1);
    const queue = queueOf(50);
    const [zombie] = await queue.getNext(1);
    if (!zombie) throw new Error('nothing was claimed');
    const [owner] = await eventually(async () => {
      const items = await queueOf().getNext(1);
      expect(items).toHaveLength(1);
      return items;
    });
    expect(owner).toMatchObject({ lease: { id }, attempt: 2 });
    expect(owner?.lease.token).not.toBe(zombie.lease.token);

    const trx = await service.db.startTransaction().execute();
    await trx.updateTable('stockLevels').set({ available: 99 }).where('sku', '=', sku).execute();
    await expect(queue.commit(trx, { lease: zombie.lease, result: null })).rejects.toThrow(LeaseLostError);
    await trx.rollback().execute();
    expect(await queue.completeAll([{ lease: zombie.lease, result: '{}' }])).toEqual(new Set());
    expect(await queue.complete({ lease: zombie.lease, result: '{}' })).toBe(false);
    expect((await stockOf(service.db, sku)).available).toBe(0);
    const failed = queue.fail(zombie.lease, { code: 'x', message: 'x', retryInMs: undefined });
    await expect(failed).rejects.toThrow(LeaseLostError);
    expect(await queue.renew([zombie.lease])).toEqual({ renewed: new Set(), lost: new Set([id]) });
    if (!owner) throw new Error('nothing was claimed again');
    // A worker that was suspended may hold both.
    const both = [zombie.lease, owner.lease];
    expect(await queue.renew(both)).toEqual({ renewed: new Set([id]), lost: new Set() });
    await queue.release([zombie.lease]);
    expect(await readWorkItem(service.db, id)).toMatchObject({
      status: 'running',
      attempts: 2,
      leaseToken: owner.lease.token,
    });
    const results = both.map((lease, place) => ({ lease, result: JSON.stringify({ place }) }));
    expect(await queue.completeAll(results)).toEqual(new Set([id]));
    expect(await readWorkItem(service.db, id)).toMatchObject({ status: 'completed', result: { place: 1 } });
  });

  it('claims and renews without waiting for the disk, and completes only with it', async () => {
    await enqueueAdjustment(service.db, 'tea', 1);
    const seen = await service.db.connection().execute(async (db) => {
      await sql`SET synchronous_commit = 'on'`.execute(db);
      await sql`CREATE TEMP TABLE seen (setting text)`.execute(db);
      await sql`
        CREATE FUNCTION note_setting() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$`.execute(
        db,
      );
      await sql`CREATE TRIGGER note_setting AFTER UPDATE ON work_items
        FOR EACH STATEMENT EXECUTE FUNCTION note_setting()`.execute(db);
      const queue = createWorkQueue({ db, kinds: workKinds.all, leaseMs: 30_000 });
      const leases = (await queue.getNext(1)).map(({ lease }) => lease);
      await queue.renew(leases);
      await queue.completeAll(leases.map((lease) => ({ lease, result: null })));
      const { rows } = await sql<{ setting: string }>`SELECT setting FROM seen`.execute(db);
      await sql`DROP FUNCTION note_setting CASCADE`.execute(db);
      await sql`DROP TABLE seen`.execute(db);
      await sql`RESET synchronous_commit`.execute(db);
      return rows.map(({ setting }) => setting);
    });
    expect(seen).toEqual(['off', 'off', 'on']);
  });

  it('completes, renews and gives back items whose rows are free, next to one whose row is locked', async () => {
    await enqueueMany(service.db, 'tea', 6);
    const queue = queueOf();
    const leases = (await queue.getNext(6)).map(({ lease }) => lease);
    const [locked, ...free] = leases.map(({ id }) => id);
    if (locked === undefined) throw new Error('nothing was claimed');
    const letGo = await lockItem(locked);
    expect(await queue.renew(leases)).toEqual({ renewed: new Set(free), lost: new Set() });
    const done = leases.slice(0, 3).map((lease) => ({ lease, result: null }));
    expect(await queue.completeAll(done)).toEqual(new Set(free.slice(0, 2)));
    const returned = queue.release([...leases.slice(0, 1), ...leases.slice(3)]);
    await eventually(async () => {
      for (const id of free.slice(2))
        expect(await readWorkItem(service.db, id)).toMatchObject({ status: 'pending', attempts: 0 });
    });
    expect(await readWorkItem(service.db, locked)).toMatchObject({ status: 'running', attempts: 1 });
    await letGo();
    await returned;
    expect(await readWorkItem(service.db, locked)).toMatchObject({ status: 'pending', attempts: 0 });
  });

  it('gives back an item in its place', async () => {
    const [first, second] = [
      await enqueueAdjustment(service.db, 'tea', 1, { notBefore: new Date(Date.now() - 60_000) }),
      await enqueueAdjustment(service.db, 'tea', 1),
    ];
    const queue = queueOf();
    const [claimed] = await queue.getNext(1);
    if (!claimed) throw new Error('nothing was claimed');
    await queue.release([claimed.lease]);
    expect(await readWorkItem(service.db, first)).toMatchObject({ status: 'pending', attempts: 0 });
    expect((await queue.getNext(2)).map(({ lease }) => lease.id).sort()).toEqual([first, second].sort());
  });

  it('skips kinds that this release does not know', async () => {
    await sql`INSERT INTO work_items (kind, payload) VALUES ('make-coffee', '{}')`.execute(service.db);
    expect(await queueOf().getNext(5)).toEqual([]);
    expect(await queueOf().nextDueInMs([])).toBeUndefined();
  });

  it('finds due items through an index, however many items are kept', async () => {
    await sql`
      INSERT INTO work_items (kind, payload, status, ended_at)
      SELECT 'adjust-stock', '{}', 'completed', now() FROM generate_series(1, 5000)`.execute(service.db);
    await sql`ANALYZE work_items`.execute(service.db);
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      EXPLAIN SELECT id FROM work_items
      WHERE status IN ('pending', 'running') AND due_at <= now() AND kind = ANY('{adjust-stock}')
      ORDER BY due_at LIMIT 5 FOR UPDATE SKIP LOCKED`.execute(service.db);
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('work_items_due');
  });
});

describe('the service', () => {
  it('is woken by an insert of another program, and does it once, with its effect', async () => {
    const run = work();
    const sku = await stockedSku(service.db, 10);
    const { rows } = await sql<{ id: string }>`
      INSERT INTO work_items (kind, payload)
      VALUES ('adjust-stock', jsonb_build_object('sku', ${sku}::text, 'delta', -3, 'reason', 'loss'))
      RETURNING id`.execute(service.db);
    const id = rows[0]?.id ?? '';
    expect(await workItemWithStatus(service.db, id, 'completed')).toMatchObject({
      attempts: 1,
      result: { available: 7 },
      lastErrorCode: null,
      leaseToken: null,
    });
    expect(await stockOf(service.db, sku)).toEqual({ available: 7, entries: 1, sum: -3 });
    const entry = await service.db
      .selectFrom('stockLedger')
      .selectAll()
      .where('sku', '=', sku)
      .executeTakeFirstOrThrow();
    expect(entry).toMatchObject({ workItemId: id, delta: -3, levelAfter: 7, reason: 'loss' });
    await eventually(() => expect(run.reports.at(-1)).toEqual({ busy: false }));
    expect(run.reports.filter(({ processed }) => processed === 1)).toHaveLength(1);
  });

  it('begins an item at its time, and not before', async () => {
    work();
    const sku = await stockedSku(service.db, 0);
    const notBefore = new Date(Date.now() + 1_500);
    const id = await enqueueAdjustment(service.db, sku, 1, { notBefore });
    const item = await workItemWithStatus(service.db, id, 'completed');
    expect(item.startedAt?.getTime()).toBeGreaterThanOrEqual(notBefore.getTime());
  });

  it('keeps its slots full next to a long item', async () => {
    const [held, sku] = [await stockedSku(service.db, 0), await stockedSku(service.db, 0)];
    const hold = gate();
    work({
      concurrency: 2,
      ...adjustingBy(async (trx, payload, context) => {
        if (payload.sku === held) await hold.opened;
        return changeStock(trx, payload, context);
      }),
    });
    const long = await enqueueAdjustment(service.db, held, 1);
    await workItemWithStatus(service.db, long, 'running');
    await enqueueMany(service.db, sku, 40);
    await eventually(async () => expect(await stockOf(service.db, sku)).toMatchObject({ available: 40 }));
    expect(await readWorkItem(service.db, long)).toMatchObject({ status: 'running' });
    hold.open();
    await workItemWithStatus(service.db, long, 'completed');
  });

  it('never works on more items at once than it has slots', async () => {
    const sku = await stockedSku(service.db, 0);
    let [now, most] = [0, 0];
    work({
      concurrency: 3,
      ...adjustingBy(async (trx, payload, context) => {
        most = Math.max(most, ++now);
        try {
          return await changeStock(trx, payload, context);
        } finally {
          now--;
        }
      }),
    });
    await enqueueMany(service.db, sku, 100);
    await eventually(async () => expect(await stockOf(service.db, sku)).toMatchObject({ entries: 100 }));
    expect(most).toBe(3);
  });

  it('renews the lease while work continues', async () => {
    const sku = await stockedSku(service.db, 0);
    const hold = gate();
    // A third of it is the time for which a busy machine may stop this process or the database.
    const leaseMs = 4_500;
    work({
      leaseMs,
      ...adjustingBy(async (trx, payload, context) => {
        await hold.opened;
        return changeStock(trx, payload, context);
      }),
    });
    const id = await enqueueAdjustment(service.db, sku, 1);
    const { leaseExpiresAt: first } = await workItemWithStatus(service.db, id, 'running');
    const other = createWorkQueue({ db: service.db, kinds: workKinds.all, leaseMs });
    await eventually(async () => {
      expect(await other.getNext(1)).toEqual([]);
      const { leaseExpiresAt: now } = await readWorkItem(service.db, id);
      expect((now?.getTime() ?? 0) - (first?.getTime() ?? 0)).toBeGreaterThan(1.5 * leaseMs);
    });
    hold.open();
    expect(await workItemWithStatus(service.db, id, 'completed')).toMatchObject({ attempts: 1 });
  });

  it('aborts work whose lease is lost, rolls it back, and refuses its result', async () => {
    const sku = await stockedSku(service.db, 0);
    const aborted: unknown[] = [];
    const late: unknown[] = [];
    work({
      leaseMs: 3_000,
      // It ignores the abort: its later queries are refused.
      ...adjustingBy(async (trx: Trx, payload, context) => {
        const result = await changeStock(trx, payload, context);
        await abortOf(context);
        aborted.push(context.signal.reason);
        const again = { sku, available: 1_000 };
        await eventually(async () => {
          await expect(trx.insertInto('stockLevels').values(again).execute()).rejects.toThrow('rolled back');
        });
        late.push('refused');
        return result;
      }),
    });
    const id = await enqueueAdjustment(service.db, sku, 5);
    await workItemWithStatus(service.db, id, 'running');
    const token = randomUUID();
    await sql`
      UPDATE work_items SET lease_token = ${token}, lease_expires_at = now() + interval '1 hour'
      WHERE id = ${id}`.execute(service.db);
    await eventually(() => expect(late).toEqual(['refused']));
    expect(aborted[0]).toBeInstanceOf(LeaseLostError);
    expect(await readWorkItem(service.db, id)).toMatchObject({ status: 'running', leaseToken: token });
    expect(await stockOf(service.db, sku)).toEqual({ available: 0, entries: 0, sum: 0 });
  });

  it('gives up an attempt that takes too long, and tries again', async () => {
    const sku = await stockedSku(service.db, 0);
    work({
      timeoutMs: 2_000,
      ...adjustingBy(async (trx, payload, context) => {
        const result = await changeStock(trx, payload, context);
        if (context.attempt === 1) await abortOf(context);
        return result;
      }),
    });
    const id = await enqueueAdjustment(service.db, sku, 5);
    await eventually(async () =>
      expect(await readWorkItem(service.db, id)).toMatchObject({ lastErrorCode: 'timed_out' }),
    );
    await dueNow(id);
    await workItemWithStatus(service.db, id, 'completed');
    expect(await stockOf(service.db, sku)).toEqual({ available: 5, entries: 1, sum: 5 });
  });

  it('retries a poison item according to its policy, and then keeps it with its payload and its error', async () => {
    const sku = await stockedSku(service.db, 0);
    const seen: number[] = [];
    const run = work(
      adjustingBy((_trx, _payload, { attempt }) => {
        seen.push(attempt);
        return Promise.reject(new Error(`attempt ${attempt} failed`));
      }),
    );
    const failures = await noteFailures();
    const id = await enqueueAdjustment(service.db, sku, 5);
    await eventually(async () => {
      await dueNow(id);
      expect(await readWorkItem(service.db, id)).toMatchObject({ status: 'dead' });
    });
    expect(await failures()).toEqual(
      [1_000, 4_000, 16_000, 60_000].map((waitMs, index) => ({
        attempts: index + 1,
        code: 'handler_failed',
        message: `attempt ${index + 1} failed`,
        waitMs,
      })),
    );
    expect(await readWorkItem(service.db, id)).toMatchObject({
      attempts: 5,
      payload: { sku, delta: 5, reason: 'delivery' },
      lastErrorCode: 'handler_failed',
      lastErrorMessage: 'attempt 5 failed',
    });
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    await eventually(() => expect(run.reports.filter(({ failed }) => failed === 1)).toHaveLength(5));
    expect(await stockOf(service.db, sku)).toEqual({ available: 0, entries: 0, sum: 0 });
  });

  it('takes no more than its policy says of workers that die with it', async () => {
    work();
    const sku = await stockedSku(service.db, 0);
    const { rows } = await sql<{ id: string }>`
      INSERT INTO work_items (kind, payload, status, attempts, lease_token, lease_expires_at)
      VALUES ('adjust-stock', jsonb_build_object('sku', ${sku}::text, 'delta', 1, 'reason', 'return'),
        'running', 5, gen_random_uuid(), now())
      RETURNING id`.execute(service.db);
    const item = await workItemWithStatus(service.db, rows[0]?.id ?? '', 'dead');
    expect(item).toMatchObject({ lastErrorCode: 'worker_lost' });
    expect(await stockOf(service.db, sku)).toMatchObject({ available: 0, entries: 0 });
  });

  it('does not retry permanent failures', async () => {
    const sku = await stockedSku(service.db, 2);
    const full = await stockedSku(service.db, 1_000_000_000);
    const bySql = async (payload: object): Promise<string> => {
      const { id } = await service.db
        .insertInto('workItems')
        .values({ kind: 'adjust-stock', payload: JSON.stringify(payload) })
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    };
    const expected = {
      below_zero: await enqueueAdjustment(service.db, sku, -3),
      above_maximum: await enqueueAdjustment(service.db, full, 1),
      unknown_sku: await enqueueAdjustment(service.db, 'made-to-order', 1),
      invalid_payload: await bySql({ sku, amount: 1 }),
    };
    work();
    for (const [code, id] of Object.entries(expected)) {
      const item = await workItemWithStatus(service.db, id, 'dead');
      expect(item).toMatchObject({ attempts: 1, lastErrorCode: code });
    }
    expect(await stockOf(service.db, sku)).toEqual({ available: 2, entries: 0, sum: 0 });
  });

  it('returns items that do not end in time, with no attempt used up', async () => {
    const sku = await stockedSku(service.db, 0);
    const contexts: WorkContext[] = [];
    const handler: AdjustStock = async (trx, payload, context) => {
      contexts.push(context);
      await changeStock(trx, payload, context);
      return new Promise(() => undefined);
    };
    const run = work({ drainMs: 100, ...adjustingBy(handler) });
    const id = await enqueueAdjustment(service.db, sku, 1);
    await eventually(() => expect(contexts).toHaveLength(1));
    await run.stop();
    expect(contexts[0]?.signal.aborted).toBe(true);
    expect(await readWorkItem(service.db, id)).toMatchObject({
      status: 'pending',
      attempts: 0,
      lastErrorCode: null,
    });
    // Nothing of it is left, and another run does it immediately.
    expect(await stockOf(service.db, sku)).toEqual({ available: 0, entries: 0, sum: 0 });
    work();
    expect(await workItemWithStatus(service.db, id, 'completed')).toMatchObject({ attempts: 1 });
    expect(await stockOf(service.db, sku)).toEqual({ available: 1, entries: 1, sum: 1 });
  });

  it('counts no attempt that an outage of the database ends, however long it lasts', async () => {
    const sku = await stockedSku(service.db, 0);
    const attempts: number[] = [];
    const begun = gate();
    const options = {
      leaseMs: 3_000,
      ...adjustingBy(async (trx, payload, context) => {
        attempts.push(context.attempt);
        if (attempts.length === 1) {
          begun.open();
          await abortOf(context);
        }
        return changeStock(trx, payload, context);
      }),
    };
    const first = work(options);
    const id = await enqueueAdjustment(service.db, sku, 5);
    await begun.opened;
    await setDatabase(service, 'down');
    // Its session is lost, and so is the lease of the item, which cannot be renewed.
    await expect(first.ended).rejects.toThrow();
    running.splice(running.indexOf(first), 1);
    await setDatabase(service, 'up');
    work(options);
    await eventually(() => expect(attempts).toHaveLength(2));
    await workItemWithStatus(service.db, id, 'completed');
    expect(attempts).toEqual([1, 1]);
  });

  it('does work that calls other services outside of any transaction, and completes it once', async () => {
    const [calling, answered] = [gate(), gate()];
    const items: string[] = [];
    const callOut: Perform = async ({ sku }, { workItemId, db }) => {
      items.push(workItemId);
      calling.open();
      await answered.opened;
      const { rows } = await sql<{ open: number }>`
          SELECT count(*)::integer AS open FROM pg_stat_activity
          WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
            AND state LIKE 'idle in transaction%'`.execute(db);
      return { sku, transactions: rows[0]?.open ?? -1 };
    };
    work({ kinds: workKinds.with([{ ...declared, perform: callOut }]) });
    const id = await enqueueAdjustment(service.db, 'tea', 1);
    await calling.opened;
    expect(await readWorkItem(service.db, id)).toMatchObject({ status: 'running', attempts: 1 });
    answered.open();
    expect(await workItemWithStatus(service.db, id, 'completed')).toMatchObject({
      attempts: 1,
      result: { sku: 'tea', transactions: 0 },
    });
    expect(items).toEqual([id]);
  });

  it('completes many items with one commit, and fails only the one whose result cannot be stored', async () => {
    const done: string[] = [];
    const results = { nul: { text: '\u0000' }, bigint: { text: 1n as unknown as number } };
    const perform: Perform = ({ sku }, { workItemId }) => {
      done.push(workItemId);
      return Promise.resolve(sku === 'nul' || sku === 'bigint' ? results[sku] : { text: 'done' });
    };
    work({ concurrency: 50, kinds: workKinds.with([{ ...declared, perform }]) });
    const skuOf = (n: number): string => (n === 20 ? 'nul' : n === 30 ? 'bigint' : 'tea');
    const ids = await Promise.all(
      Array.from({ length: 40 }, (_, n) => enqueueAdjustment(service.db, skuOf(n), 1)),
    );
    const poison = [...ids.splice(30, 1), ...ids.splice(20, 1)];
    for (const id of ids)
      expect(await workItemWithStatus(service.db, id, 'completed')).toMatchObject({
        attempts: 1,
        result: { text: 'done' },
      });
    for (const id of poison)
      await eventually(async () =>
        expect(await readWorkItem(service.db, id)).toMatchObject({
          status: 'pending',
          lastErrorCode: 'handler_failed',
        }),
      );
    expect(new Set(done).size).toBe(40);
  });

  it('completes items while the row of another one is locked, and that one without another attempt', async () => {
    const [begun, hold] = [gate(), gate()];
    const done: string[] = [];
    const perform: Perform = async (_payload, { workItemId }) => {
      done.push(workItemId);
      if (done.length === 5) begun.open();
      await hold.opened;
      return undefined;
    };
    work({ concurrency: 5, kinds: workKinds.with([{ ...declared, perform }]) });
    await enqueueMany(service.db, 'tea', 5);
    await begun.opened;
    const [locked = '', ...free] = done;
    const letGo = await lockItem(locked);
    hold.open();
    for (const id of free) await workItemWithStatus(service.db, id, 'completed');
    await letGo();
    expect(await workItemWithStatus(service.db, locked, 'completed')).toMatchObject({ attempts: 1 });
    expect(done).toHaveLength(5);
  });

  it('completes an item whose handler returns null, as one that returns nothing', async () => {
    const nothing = (): Promise<undefined> => Promise.resolve(null as unknown as undefined);
    for (const handler of [{ apply: nothing }, { perform: nothing }]) {
      const run = work({ kinds: workKinds.with([{ ...declared, ...handler }]) });
      const id = await enqueueAdjustment(service.db, 'tea', 1);
      expect(await workItemWithStatus(service.db, id, 'completed')).toMatchObject({ result: null });
      await run.stop();
    }
  });

  /** A service that adjusts stock together, with each change noted first. */
  function workTogether(
    note: (items: Parameters<AdjustAll>[1], context: Parameters<AdjustAll>[2]) => unknown,
    options: Partial<WorkQueueOptions> = {},
  ): RunningService {
    const applyAll: AdjustAll = async (trx, items, context) => {
      const results = [];
      for (const { payload, workItemId } of items)
        results.push(await changeStock(trx, payload, { ...context, workItemId, attempt: 1 }));
      await note(items, context);
      return results;
    };
    // Attempts on a busy machine count as short, too.
    const kinds = workKinds.with([{ ...adjustStock, applyAll }]);
    return work({ concurrency: 2, aheadMs: 60_000, ...options, kinds });
  }
  const outcomesOf = (sku: string) =>
    service.db
      .selectFrom('workItems')
      .select(['id', 'status', 'attempts', 'lastErrorCode'])
      .select(sql<number | null>`(result ->> 'available')::integer`.as('available'))
      .where(sql`payload ->> 'sku'`, '=', sku)
      .execute();

  it('processes items together if their kind can, and completes each with its own result', async () => {
    const sku = await stockedSku(service.db, 0);
    await enqueueMany(service.db, sku, 60);
    const sizes: number[] = [];
    const run = workTogether(({ length }) => sizes.push(length));
    await eventually(async () => {
      const rows = await outcomesOf(sku);
      expect(rows.every(({ status, attempts }) => status === 'completed' && attempts === 1)).toBe(true);
      expect(new Set(rows.map(({ available }) => available)).size).toBe(60);
    });
    expect(await stockOf(service.db, sku)).toEqual({ available: 60, entries: 60, sum: 60 });
    expect(Math.max(...sizes)).toBeGreaterThan(1);
    await eventually(() =>
      expect(run.reports.reduce((sum, { processed = 0 }) => sum + processed, 0)).toBe(60),
    );
  });

  it('processes each item by itself if one of those together fails, and fails only that one', async () => {
    const [sku, unknown] = [await stockedSku(service.db, 0), `sku-${randomUUID()}`];
    await enqueueMany(service.db, sku, 20);
    await enqueueMany(service.db, unknown, 1);
    await enqueueMany(service.db, sku, 20);
    workTogether(() => undefined);
    await eventually(async () => {
      const rows = await outcomesOf(sku);
      expect(rows.every(({ status, attempts }) => status === 'completed' && attempts === 1)).toBe(true);
      expect(await outcomesOf(unknown)).toMatchObject([
        { status: 'dead', attempts: 1, lastErrorCode: 'unknown_sku' },
      ]);
    });
    expect(await stockOf(service.db, sku)).toEqual({ available: 40, entries: 40, sum: 40 });
  });

  it('rolls back what it has done together if the lease of one item is lost, and does the others once', async () => {
    const sku = await stockedSku(service.db, 0);
    await enqueueMany(service.db, sku, 2);
    const [begun, hold] = [gate(), gate()];
    const done: string[] = [];
    workTogether(async (items) => {
      done.push(...items.map(({ workItemId }) => workItemId));
      begun.open();
      await hold.opened;
    });
    await begun.opened;
    const token = randomUUID();
    const [stolen = '', other = ''] = done;
    await sql`
      UPDATE work_items SET lease_token = ${token}, lease_expires_at = now() + interval '1 hour'
      WHERE id = ${stolen}`.execute(service.db);
    hold.open();
    expect(await workItemWithStatus(service.db, other, 'completed')).toMatchObject({ attempts: 1 });
    expect(done).toHaveLength(2);
    expect(await readWorkItem(service.db, stolen)).toMatchObject({ status: 'running', leaseToken: token });
    // The other one, and nothing of what was done together.
    expect(await stockOf(service.db, sku)).toEqual({ available: 1, entries: 1, sum: 1 });
  });

  it('returns items that it processes together when it is to stop, with no attempt used up', async () => {
    const sku = await stockedSku(service.db, 0);
    await enqueueMany(service.db, sku, 2);
    const begun = gate();
    const run = workTogether(
      () => {
        begun.open();
        return new Promise(() => undefined);
      },
      { drainMs: 100 },
    );
    await begun.opened;
    await run.stop();
    expect(await outcomesOf(sku)).toMatchObject([
      { status: 'pending', attempts: 0 },
      { status: 'pending', attempts: 0 },
    ]);
    expect(await stockOf(service.db, sku)).toEqual({ available: 0, entries: 0, sum: 0 });
  });

  it('begins none of the items whose common attempt fails while it stops, and returns them', async () => {
    const sku = await stockedSku(service.db, 0);
    await enqueueMany(service.db, sku, 2);
    const [begun, hold] = [gate(), gate()];
    const run = workTogether(async () => {
      begun.open();
      await hold.opened;
      throw new Error('as it is meant to');
    });
    await begun.opened;
    const stopped = run.stop();
    hold.open();
    await stopped;
    expect(await outcomesOf(sku)).toMatchObject([
      { status: 'pending', attempts: 0 },
      { status: 'pending', attempts: 0 },
    ]);
    expect(await stockOf(service.db, sku)).toEqual({ available: 0, entries: 0, sum: 0 });
  });

  it.each(['together', 'alone'])(
    'stops although the items that it processes %s cannot be returned, and leaves them to their leases',
    async (how) => {
      const sku = await stockedSku(service.db, 0);
      await enqueueMany(service.db, sku, 2);
      await sql`CREATE FUNCTION refuse_return() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'as it is meant to'; END $$`.execute(service.db);
      await sql`CREATE TRIGGER refuse_return BEFORE UPDATE ON work_items FOR EACH ROW
        WHEN (NEW.attempts < OLD.attempts) EXECUTE FUNCTION refuse_return()`.execute(service.db);
      try {
        const [begun, hold] = [gate(), gate()];
        const fail = async (): Promise<never> => {
          begun.open();
          await hold.opened;
          throw new Error('as it is meant to');
        };
        const run =
          how === 'together'
            ? workTogether(fail)
            : work({
                concurrency: 2,
                drainMs: 100,
                ...adjustingBy((_trx, _payload, context) => {
                  begun.open();
                  return abortOf(context).then(fail);
                }),
              });
        await begun.opened;
        const stopped = run.stop();
        hold.open();
        await stopped;
        expect(await outcomesOf(sku)).toMatchObject([
          { status: 'running', attempts: 1 },
          { status: 'running', attempts: 1 },
        ]);
      } finally {
        await sql`DROP FUNCTION refuse_return CASCADE`.execute(service.db);
      }
      await sql`UPDATE work_items SET lease_expires_at = now()`.execute(service.db);
      work();
      await eventually(async () =>
        expect(await outcomesOf(sku)).toMatchObject([
          { status: 'completed', attempts: 2 },
          { status: 'completed', attempts: 2 },
        ]),
      );
      expect(await stockOf(service.db, sku)).toEqual({ available: 2, entries: 2, sum: 2 });
    },
  );

  it('does items together once although their connection breaks before the commit, with no attempt used up', async () => {
    const sku = await stockedSku(service.db, 0);
    await enqueueMany(service.db, sku, 2);
    const [begun, hold] = [gate(), gate()];
    workTogether(async () => {
      begun.open();
      await hold.opened;
    });
    await begun.opened;
    const { rows } = await sql<{ ended: boolean }>`
      SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'idle in transaction'`.execute(service.db);
    expect(rows).toContainEqual({ ended: true });
    hold.open();
    await eventually(async () => {
      const items = await outcomesOf(sku);
      for (const { id } of items) await dueNow(id);
      expect(items).toMatchObject([
        { status: 'completed', attempts: 1 },
        { status: 'completed', attempts: 1 },
      ]);
    });
    expect(await stockOf(service.db, sku)).toEqual({ available: 2, entries: 2, sum: 2 });
  });

  /** A service with two slots that has learned that attempts are short, and whose further attempts last until the gate opens. */
  async function withItemsAhead() {
    const [quick, slow] = [await stockedSku(service.db, 0), await stockedSku(service.db, 0)];
    const hold = gate();
    const run = work({
      concurrency: 2,
      drainMs: 100,
      // Attempts on a busy machine count as short, too.
      aheadMs: 60_000,
      ...adjustingBy(async (trx, payload, context) => {
        if (payload.sku === slow) await Promise.race([hold.opened, abortOf(context)]);
        return changeStock(trx, payload, context);
      }),
    });
    await enqueueMany(service.db, quick, 50);
    await eventually(async () => expect(await stockOf(service.db, quick)).toMatchObject({ entries: 50 }));
    // It gives them back after a second, in which a busy machine may not look.
    const most = await noteMostRunning();
    await enqueueMany(service.db, slow, 8);
    const counted = async () => {
      const rows = await service.db
        .selectFrom('workItems')
        .select(['status', 'attempts', 'id'])
        .where('status', 'in', ['pending', 'running'])
        .execute();
      return {
        running: rows.filter(({ status }) => status === 'running').length,
        pending: rows.filter(({ status, attempts }) => status === 'pending' && attempts === 0).length,
      };
    };
    await eventually(async () => expect(await most()).toBeGreaterThan(2));
    return { run, hold, slow, counted };
  }

  it('claims items for their last attempt only when a slot is free', async () => {
    let [most, calls] = [0, 0];
    const perform: Perform = async (_payload, { db }) => {
      calls++;
      const { rows } = await sql<{ running: number }>`
        SELECT count(*)::integer AS running FROM work_items WHERE status = 'running'`.execute(db);
      most = Math.max(most, rows[0]?.running ?? 0);
      return undefined;
    };
    const policy = { ...declared.policy, maximumAttempts: 1 };
    work({ concurrency: 2, kinds: workKinds.with([{ ...declared, policy, perform }]) });
    await enqueueMany(service.db, 'tea', 100);
    await eventually(async () => {
      const open = service.db.selectFrom('workItems').select('id').where('status', '!=', 'completed');
      expect(await open.execute()).toEqual([]);
    });
    expect(calls).toBe(100);
    expect(most).toBe(2);
  });

  it('gives back items that it has claimed ahead and that wait for too long', async () => {
    const { hold, slow, counted } = await withItemsAhead();
    await eventually(async () => expect(await counted()).toEqual({ running: 2, pending: 6 }));
    hold.open();
    await eventually(async () => expect(await stockOf(service.db, slow)).toMatchObject({ entries: 8 }));
  });

  it('gives back items that it has claimed ahead when it is to stop', async () => {
    const { run, counted } = await withItemsAhead();
    await run.stop();
    expect(await counted()).toEqual({ running: 0, pending: 8 });
  });

  it('finishes work in progress when it is asked to stop, and claims no more', async () => {
    const sku = await stockedSku(service.db, 0);
    const [begun, hold] = [gate(), gate()];
    const run = work({
      concurrency: 1,
      ...adjustingBy(async (trx, payload, context) => {
        begun.open();
        await hold.opened;
        return changeStock(trx, payload, context);
      }),
    });
    await enqueueMany(service.db, sku, 3);
    await begun.opened;
    const stopped = run.stop();
    hold.open();
    await stopped;
    expect(await stockOf(service.db, sku)).toEqual({ available: 1, entries: 1, sum: 1 });
    const left = await service.db
      .selectFrom('workItems')
      .select('attempts')
      .where('status', '=', 'pending')
      .execute();
    expect(left).toEqual([{ attempts: 0 }, { attempts: 0 }]);
  });

  it('processes dead items after they were requeued', async () => {
    work();
    const sku = `sku-${randomUUID()}`;
    const ids = await Promise.all(Array.from({ length: 12 }, () => enqueueAdjustment(service.db, sku, 1)));
    for (const id of ids) await workItemWithStatus(service.db, id, 'dead');
    await service.db.insertInto('stockLevels').values({ sku, available: 0 }).execute();
    expect((await service.request('POST', `/api/work-items/${ids[0]}/requeue`)).status).toBe(200);
    await workItemWithStatus(service.db, ids[0] ?? '', 'completed');
    const all = await service.request('POST', '/api/work-items/requeue', { kind: 'adjust-stock' });
    expect(all).toMatchObject({ status: 202, body: { total: 11 } });
    for (const id of ids) await workItemWithStatus(service.db, id, 'completed');
    expect(await stockOf(service.db, sku)).toEqual({ available: 12, entries: 12, sum: 12 });
  });
});

/** Resolves when an attempt is abandoned. */
function abortOf({ signal }: WorkContext): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

describe('between two looks at the queue the service', () => {
  /** Runs it until it waits for the first time, and returns how long it would have waited. */
  async function firstWait(
    db: Db,
  ): Promise<{ waits: number[]; pauses: number[]; reports: ServiceProgress[] }> {
    const seen = { waits: [] as number[], pauses: [] as number[], reports: [] as ServiceProgress[] };
    const ending = new AbortController();
    const sleep = (list: number[]) => (ms: number) => {
      list.push(ms);
      ending.abort();
      return Promise.resolve();
    };
    const logger = pino({ level: 'silent' });
    const scope: ServiceScope = {
      signal: ending.signal,
      db,
      logger,
      wait: sleep(seen.waits),
      pause: sleep(seen.pauses),
      report: (progress) => seen.reports.push(progress),
      unit: (_ids, unit) => unit({ db, logger, signal: ending.signal }),
    };
    await createWorkQueueService({ kinds: workKinds, concurrency: 5 }).run(scope);
    return seen;
  }

  it('waits for 5 s if there is nothing to do', async () => {
    expect(await firstWait(service.db)).toMatchObject({ waits: [5_000], pauses: [] });
  });

  it('waits for 5 s at most, and until the next item is due', async () => {
    await enqueueAdjustment(service.db, 'tea', 1, { notBefore: new Date(Date.now() + 60_000) });
    expect(await firstWait(service.db)).toMatchObject({ waits: [5_000] });
    await enqueueAdjustment(service.db, 'tea', 1, { notBefore: new Date(Date.now() + 4_000) });
    const { waits } = await firstWait(service.db);
    expect(waits[0]).toBeGreaterThan(0);
    expect(waits[0]).toBeLessThanOrEqual(4_000);
  });

  it('waits for a second if another transaction has locked the row that is due', async () => {
    const id = await enqueueAdjustment(service.db, 'tea', 1);
    const letGo = await lockItem(id);
    expect(await firstWait(service.db)).toMatchObject({ waits: [1_000] });
    await letGo();
  });

  it('waits for 30 s after an error of the queue, and says so', async () => {
    const away = connectDatabase('postgres://nobody@127.0.0.1:1/nothing', {
      poolSize: 1,
      logger: pino({ level: 'silent' }),
      applicationName: 'test',
    });
    try {
      const { waits, pauses, reports } = await firstWait(away);
      expect(waits).toEqual([]);
      expect(pauses).toEqual([30_000]);
      expect(reports[0]?.error).toMatchObject({ code: 'ECONNREFUSED' });
    } finally {
      await away.destroy();
    }
  });
});

describe('issue-invoice', () => {
  const invoiceOf = (orderId: string, headers?: Record<string, string>) =>
    fetch(`${service.url}/api/orders/${orderId}/invoice`, {
      headers: { authorization: 'Bearer local-dev-key', ...headers },
    });

  const pageOf = async (path: string, headers: Record<string, string>): Promise<string> => {
    const response = await fetch(service.url + path, { headers: { ...headers, accept: 'text/html' } });
    expect([path, response.status]).toEqual([path, 200]);
    return response.text();
  };

  it('makes one invoice an order, whatever is asked, numbered without gaps', async () => {
    const orderIds = await Promise.all(Array.from({ length: 20 }, () => invoiceableOrder(service.db)));
    const cancelled = await Promise.all(
      Array.from({ length: 5 }, () => invoiceableOrder(service.db, 'cancelled')),
    );
    const before = (await service.db.selectFrom('invoices').select('number').execute()).length;
    const ids: string[] = [];
    for (const orderId of [...orderIds, ...cancelled, ...orderIds]) {
      ids.push((await enqueueWork(service.db, issueInvoice, { orderId })).item.id);
    }
    let failures = 0;
    work({
      concurrency: 8,
      kinds: workKinds.with([
        defineWorkItem({
          ...issueInvoice,
          // Some of them fail after they took a number.
          async apply(trx, payload, context) {
            const result = await makeInvoice(trx, payload, context);
            if (context.attempt === 1 && failures < 7) throw new Error(`failure ${++failures}`);
            return result;
          },
        }),
      ]),
    });
    await eventually(async () => {
      for (const id of ids) await dueNow(id);
      const open = await service.db
        .selectFrom('workItems')
        .select('id')
        .where('status', 'in', ['pending', 'running'])
        .execute();
      expect(open).toEqual([]);
    });
    expect(failures).toBe(7);
    const invoices = await service.db.selectFrom('invoices').selectAll().orderBy('number').execute();
    expect(invoices.map(({ number }) => number)).toEqual(
      Array.from({ length: before + 20 }, (_, index) => index + 1),
    );
    const times = invoices.map(({ issuedAt: at }) => at.getTime());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(invoices.map(({ orderId }) => orderId)).size).toBe(before + 20);
    const dead = await service.db
      .selectFrom('workItems')
      .select(['attempts', 'lastErrorCode'])
      .where('status', '=', 'dead')
      .execute();
    expect(dead).toEqual(Array(5).fill({ attempts: 1, lastErrorCode: 'order_not_completed' }));
  });

  it('gives it as a document and as figures, and nothing before it is there', async () => {
    const orderId = await invoiceableOrder(service.db);
    expect((await invoiceOf(orderId)).status).toBe(404);
    expect((await invoiceOf(randomUUID())).status).toBe(404);
    work();
    const { item } = await enqueueWork(service.db, issueInvoice, { orderId });
    const { result } = await workItemWithStatus(service.db, item.id, 'completed');
    const number = (result as { number: string }).number;
    expect(number).toMatch(/^INV-\d{6}$/);

    const page = await invoiceOf(orderId);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await page.text();
    expect(html).not.toMatch(/<script|aria-label="Console"/);
    for (const text of [number, 'EUR 21.00', '>4.50<', '>9.00<', 'cup&lt;1&gt;', orderId, 'Ada']) {
      expect(html).toContain(text);
    }
    expect(html).not.toContain('cup<1>');
    const session = await sessionOf(service);
    const framed = await pageOf(`/api/orders/${orderId}/invoice`, session);
    expect(framed).toContain('aria-label="Console"');
    expect(framed).toContain(`<h1>Invoice ${number}</h1>`);
    expect(framed).toContain('<article class="paper">');
    const linked = `href="/api/orders/${orderId}/invoice"`;
    expect(await pageOf(`/api/orders/${orderId}`, session)).toContain(linked);
    expect(await pageOf(`/api/orders/${orderId}`, await sessionOf(service, 'viewer'))).not.toContain(linked);
    const figures = await invoiceOf(orderId, { accept: 'application/json' });
    expect(await figures.json()).toMatchObject({ number, orderId, currency: 'eur', amount: 2_100 });
    expect((await invoiceOf(orderId, { accept: 'image/png' })).status).toBe(406);
  });

  it('waits for an order that is not completed yet, and refuses one that never will be', async () => {
    const orderId = await invoiceableOrder(service.db, 'pending');
    work();
    const { item } = await enqueueWork(service.db, issueInvoice, { orderId });
    await eventually(async () =>
      expect(await readWorkItem(service.db, item.id)).toMatchObject({
        status: 'pending',
        lastErrorCode: 'order_not_completed',
        lastErrorMessage: 'The order is pending.',
      }),
    );
    await service.db.updateTable('orders').set({ status: 'completed' }).where('id', '=', orderId).execute();
    await dueNow(item.id);
    await workItemWithStatus(service.db, item.id, 'completed');
    const unknown = await enqueueWork(service.db, issueInvoice, { orderId: randomUUID() });
    expect(await workItemWithStatus(service.db, unknown.item.id, 'dead')).toMatchObject({
      lastErrorCode: 'unknown_order',
    });
  });
});

describe('a handler', () => {
  it('classifies an error, and says whether a retry may help', async () => {
    const sku = await stockedSku(service.db, 0);
    work(
      adjustingBy((_trx, _payload, { attempt }) =>
        Promise.reject(new WorkError('shelf_full', 'No room.', { permanent: attempt === 2 })),
      ),
    );
    const failures = await noteFailures();
    const id = await enqueueAdjustment(service.db, sku, 1);
    await eventually(async () => {
      await dueNow(id);
      expect(await readWorkItem(service.db, id)).toMatchObject({ status: 'dead' });
    });
    expect(await failures()).toMatchObject([{ attempts: 1, code: 'shelf_full' }]);
    expect(await workItemWithStatus(service.db, id, 'dead')).toMatchObject({
      attempts: 2,
      lastErrorCode: 'shelf_full',
      lastErrorMessage: 'No room.',
    });
  });
});
