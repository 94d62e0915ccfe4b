import { randomUUID } from 'node:crypto';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { sql, type Kysely } from 'kysely';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createReconciliationActivities,
  type ReadFromProvider,
} from '../../activities/reconciliation/activities.ts';
import type { SyncPaymentsResult } from '../../contracts/jobs/sync-payments.ts';
import type { Database } from '../../domain/database/schema.ts';
import type { ListedPayment, PaymentProvider } from '../../domain/payments/provider.ts';
import {
  findOrdersToCompare,
  keepPayments,
  readQuietOrders,
} from '../../domain/reconciliation/provider-payments.ts';
import { beginReconciliation, findReconciliation } from '../../domain/reconciliation/reconciliations.ts';
import { openTestDatabase } from '../support/database.ts';
import { watchStatements } from '../support/watch-statements.ts';

/** Three pages of comparisons, and many of requests. */
const ORDERS = 450;
const QUIET_MS = 600_000;
const settings = {
  RECONCILIATION_WINDOW: 259_200_000,
  RECONCILIATION_QUIET_TIME: QUIET_MS,
  PAYMENTS_PER_SECOND: 1_000_000,
};

/** Returns the context of an attempt. Each finding would be logged as a warning. */
const attempt = (info: { heartbeatDetails?: unknown } = {}): MockActivityEnvironment =>
  new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });

let db: Kysely<Database>;
const input = { reconciliationId: '' };

/** The texts of raw queries. */
const queries: string[] = [];
/** Returns how many queries contained a text. */
const queriesWith = (part: string): number => queries.filter((text) => text.includes(part)).length;

beforeAll(async () => {
  const database = await openTestDatabase();
  db = watchStatements(database.db, (text) => queries.push(text));
  return database.close;
});

beforeEach(async () => {
  await sql`TRUNCATE users, provider_payments, provider_refunds, reconciliations CASCADE`.execute(db);
  await sql`INSERT INTO users (email, name, password_hash) VALUES ('ada@example.com', 'Ada', '!')`.execute(
    db,
  );
  await addOrders(ORDERS, '1 hour');
  input.reconciliationId = randomUUID();
  await beginReconciliation(db, {
    id: input.reconciliationId,
    jobId: 'sync-payments:1',
    windowMs: settings.RECONCILIATION_WINDOW,
  });
  queries.length = 0;
});

/** Adds orders whose payments the provider has, and that changed last at this age. */
async function addOrders(count: number, age: string): Promise<void> {
  await sql`
    INSERT INTO orders (user_id, currency, amount_minor, status, payment_intent_id, paid_at, updated_at)
    SELECT users.id, 'eur', 900, 'completed', 'pi_' || gen_random_uuid(), now(), now() - ${age}::interval
    FROM users, generate_series(1, ${count}::integer)`.execute(db);
}

const paymentOf = (intentId: string, orderId: string | null = null): ListedPayment => ({
  intentId,
  orderId,
  status: 'succeeded',
  amountMinor: 900,
  receivedMinor: 900,
  currency: 'eur',
  createdAt: new Date(Date.now() - 2 * QUIET_MS),
});

async function intentsOfOrders(): Promise<string[]> {
  const rows = await db.selectFrom('orders').select('paymentIntentId').orderBy('id').execute();
  return rows.flatMap(({ paymentIntentId }) => paymentIntentId ?? []);
}

/** As if the provider's list had contained the payments of all orders. */
const readAllPayments = async (): Promise<void> =>
  keepPayments(
    db,
    (await intentsOfOrders()).map((intentId) => paymentOf(intentId)),
  );

/** A provider that notes which payments are requested, and calls `whenAsked` before it answers. */
function provider(whenAsked = (_asked: readonly string[]): Promise<void> => Promise.resolve()) {
  const asked: string[] = [];
  const payments = {
    listPayments: () => Promise.resolve({ items: [] }),
    listRefunds: () => Promise.resolve({ items: [] }),
    async findPayment(intentId: string) {
      asked.push(intentId);
      await whenAsked(asked);
      return { payment: paymentOf(intentId), refunds: [] };
    },
  } as unknown as PaymentProvider;
  return { payments, asked };
}

const activities = (payments = provider().payments, idsAtOnce?: number) =>
  createReconciliationActivities({ db, payments, settings }, idsAtOnce);

/** Compares, in one attempt, what was read. Returns the number of compared orders. */
async function compare(steps = activities(), env = attempt()): Promise<number> {
  const nothing = { payments: 0, refunds: 0 };
  const result: SyncPaymentsResult = await env.run(steps.compareWithProvider, { ...input, read: nothing });
  return result.orders;
}

/** Reads from the provider in one attempt. Returns the number of payments. */
async function read(steps: ReturnType<typeof activities>, env = attempt()): Promise<number> {
  const result: ReadFromProvider = await env.run(steps.readFromProvider, input);
  return result.payments;
}

/** Returns the context of an attempt that is cancelled at a heartbeat, and that heartbeat. */
function cancelledAt(which: (details: { part: number; counts: number[] }) => boolean) {
  const env = attempt();
  const reached: unknown[] = [];
  env.on('heartbeat', (details: { part: number; counts: number[] }) => {
    if (!which(details)) return;
    reached.push(details);
    env.cancel();
  });
  return { env, last: () => reached.at(-1) };
}

describe('a reconciliation of many orders', () => {
  it('finds those to compare with one query, not with one for each page', async () => {
    await readAllPayments();
    queries.length = 0;
    expect(await compare()).toBe(ORDERS);
    expect(queriesWith('UNION')).toBe(1);
    expect(queriesWith('FROM orders WHERE id = ANY')).toBeGreaterThanOrEqual(3);
  });

  it.each([1, 200, 225, 449, 450, 451])(
    'compares each of them once if it finds %i at once',
    async (found) => {
      await readAllPayments();
      expect(await compare(activities(undefined, found))).toBe(ORDERS);
    },
  );

  it('continues after the last page that an attempt compared', async () => {
    await readAllPayments();
    const first = cancelledAt(() => true);
    await expect(compare(activities(), first.env)).rejects.toBeInstanceOf(CancelledFailure);
    expect(first.last()).toMatchObject({ part: 0, counts: [200, 0] });
    queries.length = 0;
    expect(await compare(activities(), attempt({ heartbeatDetails: first.last() }))).toBe(ORDERS);
    // The rest has two pages, and the last one is followed by an empty one.
    expect(queriesWith('FROM orders WHERE id = ANY')).toBe(3);
  });

  it('compares no order again if an attempt had begun with the payments', async () => {
    await readAllPayments();
    const first = cancelledAt(({ part }) => part === 1);
    await expect(compare(activities(), first.env)).rejects.toBeInstanceOf(CancelledFailure);
    queries.length = 0;
    expect(await compare(activities(), attempt({ heartbeatDetails: first.last() }))).toBe(ORDERS);
    expect(queriesWith('FROM orders WHERE id = ANY')).toBe(0);
  });

  it('leaves an order alone that changes after it was found', async () => {
    const run = await findReconciliation(db, input.reconciliationId);
    if (!run) throw new Error('the run was not recorded');
    const ids = await findOrdersToCompare(db, run, { after: null, limit: ORDERS, quietMs: QUIET_MS });
    expect(ids).toHaveLength(ORDERS);
    const [changed = '', ...others] = ids;
    await db.updateTable('orders').set({ updatedAt: new Date() }).where('id', '=', changed).execute();
    const orders = await readQuietOrders(db, run, ids, QUIET_MS);
    expect(orders.map(({ id }) => id)).toEqual(others);
  });
});

describe('payments that the lists of the provider did not contain', () => {
  it('are found with one query, and each is requested once', async () => {
    const { payments, asked } = provider();
    expect(await read(activities(payments))).toBe(ORDERS);
    expect(asked.toSorted()).toEqual((await intentsOfOrders()).toSorted());
    expect(queriesWith('UNION')).toBe(1);
  });

  it('are not requested if another run reads them meanwhile', async () => {
    const { payments, asked } = provider(async ({ length }) => {
      if (length === 1) await readAllPayments();
    });
    await read(activities(payments));
    // Those of the first page.
    expect(asked).toHaveLength(25);
  });

  it('are not those of orders that change meanwhile, of which there is always another one', async () => {
    const before = await intentsOfOrders();
    const { payments, asked } = provider(async ({ length }) => {
      if (length > 2 * ORDERS) throw new Error('more payments are requested than there were orders');
      await addOrders(1, '0');
    });
    expect(await read(activities(payments, 100))).toBe(ORDERS);
    expect(asked.toSorted()).toEqual(before.toSorted());
  });

  it('are requested by the next attempt where one was interrupted, which reads no list again', async () => {
    const { payments, asked } = provider();
    const first = cancelledAt(({ counts }) => counts[2] !== 0);
    await expect(read(activities(payments), first.env)).rejects.toBeInstanceOf(CancelledFailure);
    expect(asked).toHaveLength(25);
    const listed: string[] = [];
    const watched = {
      ...payments,
      listPayments: () => {
        listed.push('payments');
        return payments.listPayments({ createdFrom: new Date() });
      },
      listRefunds: () => {
        listed.push('refunds');
        return payments.listRefunds({ createdFrom: new Date() });
      },
    };
    const next = attempt({ heartbeatDetails: first.last() });
    expect(await read(activities(watched), next)).toBe(ORDERS);
    expect(listed).toEqual([]);
    expect(asked.toSorted()).toEqual((await intentsOfOrders()).toSorted());
  });
});

describe('payments for orders that do not exist', () => {
  it('are found with one query, and all are reported', async () => {
    await keepPayments(
      db,
      Array.from({ length: ORDERS }, (_, index) => paymentOf(`pi_${index}`, randomUUID())),
    );
    queries.length = 0;
    await compare();
    expect(queriesWith('FROM provider_payments AS payment\n    WHERE')).toBe(1);
    const { found } = await db
      .selectFrom('findings')
      .select(({ fn }) => fn.countAll<number>().as('found'))
      .where('kind', '=', 'payment_without_order')
      .executeTakeFirstOrThrow();
    expect(found).toBe(ORDERS);
  });
});

describe('the seven activities of earlier releases', () => {
  /** A provider whose lists have a payment and two refunds, and which has every other payment. */
  const listing = (): PaymentProvider => ({
    ...provider().payments,
    listPayments: () => Promise.resolve({ items: [paymentOf('pi_listed', randomUUID())], next: undefined }),
    listRefunds: () =>
      Promise.resolve({
        items: ['re_1', 're_2'].map((refundId) => ({
          refundId,
          intentId: 'pi_listed',
          amountMinor: 100,
          effective: true,
          createdAt: new Date(Date.now() - 2 * QUIET_MS),
        })),
        next: undefined,
      }),
  });

  it('do the same as the two that followed them', async () => {
    const steps = activities(listing());
    const env = attempt();
    await env.run(steps.beginReconciliation, input);
    const listed: number = await env.run(steps.readPayments, input);
    const refunds: number = await env.run(steps.readRefunds, input);
    // A heartbeat of the first release has no position.
    const second = attempt({ heartbeatDetails: { count: 25 } });
    const unseen: number = await second.run(steps.readUnseenPayments, input);
    expect([listed, refunds, unseen]).toEqual([1, 2, ORDERS + 25]);
    const orders: number = await env.run(steps.compareOrders, input);
    await env.run(steps.comparePayments, input);
    const counts = { payments: listed + ORDERS, refunds, orders };
    const result: SyncPaymentsResult = await env.run(steps.completeReconciliation, { ...input, ...counts });
    expect(result).toMatchObject({ ...counts, found: 1, open: 1 });

    await sql`TRUNCATE provider_payments, provider_refunds, findings CASCADE`.execute(db);
    const run = { reconciliationId: randomUUID() };
    const copied: ReadFromProvider = await attempt().run(steps.readFromProvider, run);
    const again: SyncPaymentsResult = await attempt().run(steps.compareWithProvider, {
      ...run,
      read: copied,
    });
    expect(again).toEqual({ ...result, ...run });
  });
});

describe('a run that is given up', () => {
  it.each(['failed', 'cancelled'] as const)(
    'is listed as %s, although it could not begin',
    async (status) => {
      const run = { reconciliationId: randomUUID() };
      await attempt().run(activities().abandonReconciliation, { ...run, status });
      expect(await findReconciliation(db, run.reconciliationId)).toMatchObject({ status });
    },
  );

  it('keeps the result with which it was completed', async () => {
    await readAllPayments();
    await compare();
    await attempt().run(activities().abandonReconciliation, { ...input, status: 'failed' as const });
    expect(await findReconciliation(db, input.reconciliationId)).toMatchObject({ status: 'completed' });
  });
});
