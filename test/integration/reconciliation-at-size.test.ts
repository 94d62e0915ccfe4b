import { randomUUID } from 'node:crypto';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { sql, type Kysely, type KyselyPlugin } from 'kysely';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createReconciliationActivities } from '../../activities/reconciliation.ts';
import type { Database } from '../../domain/database/schema.ts';
import type { ListedPayment, PaymentProvider } from '../../domain/payments/provider.ts';
import {
  findOrdersToCompare,
  keepPayments,
  readQuietOrders,
} from '../../domain/reconciliation/provider-payments.ts';
import { beginReconciliation, findReconciliation } from '../../domain/reconciliation/reconciliations.ts';
import { openTestDatabase } from '../support/database.ts';

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
const recording: KyselyPlugin = {
  transformQuery({ node }) {
    if (node.kind === 'RawNode') queries.push(node.sqlFragments.join('?'));
    return node;
  },
  transformResult: ({ result }) => Promise.resolve(result),
};
/** Returns how many queries contained a text. */
const queriesWith = (part: string): number => queries.filter((text) => text.includes(part)).length;

beforeAll(async () => {
  const database = await openTestDatabase();
  db = database.db.withPlugin(recording);
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

describe('a reconciliation of many orders', () => {
  it('finds those to compare with one query, not with one for each page', async () => {
    await readAllPayments();
    queries.length = 0;
    const steps = activities();
    expect(await attempt().run(() => steps.compareOrders(input))).toBe(ORDERS);
    expect(queriesWith('UNION')).toBe(1);
    expect(queriesWith('FROM orders WHERE id = ANY')).toBeGreaterThanOrEqual(3);
  });

  it.each([1, 200, 225, 449, 450, 451])(
    'compares each of them once if it finds %i at once',
    async (found) => {
      await readAllPayments();
      const compared: unknown[] = [];
      const env = attempt();
      env.on('heartbeat', (details: unknown) => compared.push(details));
      const steps = activities(undefined, found);
      expect(await env.run(() => steps.compareOrders(input))).toBe(ORDERS);
    },
  );

  it('continues after the last page that an attempt compared', async () => {
    await readAllPayments();
    const first = attempt();
    let reached: unknown;
    first.on('heartbeat', (details: unknown) => {
      reached = details;
      first.cancel();
    });
    const steps = activities();
    await expect(first.run(() => steps.compareOrders(input))).rejects.toBeInstanceOf(CancelledFailure);
    expect(reached).toMatchObject({ count: 200 });
    queries.length = 0;
    const next = attempt({ heartbeatDetails: reached });
    expect(await next.run(() => steps.compareOrders(input))).toBe(ORDERS);
    // The rest has two pages, and the last one is followed by an empty one.
    expect(queriesWith('FROM orders WHERE id = ANY')).toBe(3);
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
    const steps = activities(payments);
    expect(await attempt().run(() => steps.readUnseenPayments(input))).toBe(ORDERS);
    expect(asked.toSorted()).toEqual((await intentsOfOrders()).toSorted());
    expect(queriesWith('UNION')).toBe(1);
  });

  it('are not requested if another run reads them meanwhile', async () => {
    const { payments, asked } = provider(async ({ length }) => {
      if (length === 1) await readAllPayments();
    });
    const steps = activities(payments);
    await attempt().run(() => steps.readUnseenPayments(input));
    // Those of the first page.
    expect(asked).toHaveLength(25);
  });

  it('are not those of orders that change meanwhile, of which there is always another one', async () => {
    const before = await intentsOfOrders();
    const { payments, asked } = provider(async ({ length }) => {
      if (length > 2 * ORDERS) throw new Error('more payments are requested than there were orders');
      await addOrders(1, '0');
    });
    const steps = activities(payments, 100);
    expect(await attempt().run(() => steps.readUnseenPayments(input))).toBe(ORDERS);
    expect(asked.toSorted()).toEqual(before.toSorted());
  });
});

describe('payments for orders that do not exist', () => {
  it('are found with one query, and all are reported', async () => {
    await keepPayments(
      db,
      Array.from({ length: ORDERS }, (_, index) => paymentOf(`pi_${index}`, randomUUID())),
    );
    queries.length = 0;
    const steps = activities();
    await attempt().run(() => steps.comparePayments(input));
    expect(queriesWith('FROM provider_payments AS payment\n    WHERE')).toBe(1);
    const { found } = await db
      .selectFrom('findings')
      .select(({ fn }) => fn.countAll<number>().as('found'))
      .where('kind', '=', 'payment_without_order')
      .executeTakeFirstOrThrow();
    expect(found).toBe(ORDERS);
  });
});
