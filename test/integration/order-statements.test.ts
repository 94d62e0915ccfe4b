import { MockActivityEnvironment } from '@temporalio/testing';
import { beforeAll, expect, it } from 'vitest';
import { createEmailActivities } from '../../activities/emails.ts';
import { createOrderActivities } from '../../activities/orders.ts';
import { findOrder, insertOrder } from '../../domain/orders/orders.ts';
import { findStockLevel, setStockLevel } from '../../domain/orders/stock.ts';
import { createStripeProvider, type PaymentProvider } from '../../domain/payments/provider.ts';
import { createMailer } from '../../packages/durable-jobs/src/mail/mailer.ts';
import { createSecrets } from '../../packages/durable-jobs/src/process/secrets.ts';
import { seedUser } from '../support/seed-shop.ts';
import { useService } from '../support/service.ts';
import { watchStatements } from '../support/watch-statements.ts';

const service = useService({ workers: false });
let payments: PaymentProvider;
let statements = 0;
let orderId: string;
/** Runs a step and returns how many statements it made; BEGIN and COMMIT are not counted. */
async function count(step: () => Promise<unknown>): Promise<number> {
  statements = 0;
  await new MockActivityEnvironment().run(step);
  return statements;
}

let activities: ReturnType<typeof createOrderActivities> & ReturnType<typeof createEmailActivities>;

beforeAll(async () => {
  const db = watchStatements(service.db, () => {
    statements++;
  });
  payments = createStripeProvider({
    apiKey: 'sk_test_sandbox',
    apiUrl: service.sandboxUrl,
    timeoutMs: 10_000,
  });
  const mailer = createMailer({ smtpUrl: service.mail.url, from: 'shop@example.com' });
  activities = {
    ...createOrderActivities({ db, payments }),
    ...createEmailActivities({
      db,
      mailer,
      secrets: createSecrets('a secret of the tests, which is long enough'),
      publicUrl: 'http://127.0.0.1',
    }),
  };
  await setStockLevel(service.db, 'tea', 10);
  const userId = await seedUser(service.db, new Date());
  const order = await service.db.transaction().execute((trx) =>
    insertOrder(trx, {
      userId,
      currency: 'eur',
      // Two lines of one SKU, and SKUs without a stock level.
      items: ['tea', 'cup', 'tea', 'pot'].map((sku) => ({ sku, quantity: 2, unitAmountMinor: 450 })),
      amountMinor: 3_600,
      paymentMethod: 'pm_card_visa',
    }),
  );
  orderId = order?.id ?? '';
  return () => mailer.close();
});

// Each statement is a round trip, and a tenth of a millisecond of each of two processors. Whatever the number of lines.
it('the first attempt at each step of an order makes few statements, and does all of it', async () => {
  const made = {
    // The lock, the attempt, the payment's id, the end.
    charge: await count(() => activities.chargeOrder({ orderId, revision: 1 })),
    // The lock, the reservations, the end.
    fulfil: await count(() => activities.fulfilOrder({ orderId })),
    // The order, the user, the lines; the email; whether it is still true; the lease, the end.
    receipt: await count(() => activities.sendOrderEmail({ orderId, kind: 'receipt' })),
  };
  expect(made).toEqual({ charge: 4, fulfil: 3, receipt: 7 });

  expect(await service.db.selectFrom('orders').selectAll().where('id', '=', orderId).execute()).toMatchObject(
    [{ status: 'completed', paymentIntentId: expect.stringMatching(/^pi_/) as string }],
  );
  expect(
    await service.db.selectFrom('paymentAttempts').selectAll().where('orderId', '=', orderId).execute(),
  ).toMatchObject([{ revision: 1, attempt: 1, outcome: 'succeeded', endedAt: expect.any(Date) as Date }]);
  expect(
    await service.db
      .selectFrom('stockReservations')
      .select(['sku', 'quantity'])
      .where('orderId', '=', orderId)
      .orderBy('sku')
      .execute(),
  ).toEqual([
    { sku: 'cup', quantity: 2 },
    { sku: 'pot', quantity: 2 },
    { sku: 'tea', quantity: 4 },
  ]);
  expect(await service.db.selectFrom('stockLevels').selectAll().execute()).toMatchObject([
    { sku: 'tea', available: 6 },
  ]);
});

it('a repeat of each step takes, reserves and sends nothing twice', async () => {
  const repeat = (step: () => Promise<unknown>): Promise<unknown> =>
    new MockActivityEnvironment({ attempt: 2 }).run(step);
  await repeat(() => activities.chargeOrder({ orderId, revision: 1 }));
  await repeat(() => activities.fulfilOrder({ orderId }));
  await repeat(() => activities.sendOrderEmail({ orderId, kind: 'receipt' }));
  const order = await findOrder(service.db, orderId);
  expect(order?.status).toBe('completed');
  const found = await payments.findPayment(order?.paymentIntentId ?? '');
  expect(found).toMatchObject({ payment: { receivedMinor: 3_600 }, refunds: [] });
  expect(await findStockLevel(service.db, 'tea')).toBe(6);
  const emails = service.db.selectFrom('emails').select(['status', 'attempts']);
  expect(await emails.where('template', '=', 'order-receipt').execute()).toEqual([
    { status: 'sent', attempts: 1 },
  ]);
});

it('an order that does not exist is neither charged nor cancelled', async () => {
  const unknown = { orderId: '00000000-0000-4000-8000-000000000000', revision: 1 };
  await expect(
    new MockActivityEnvironment().run(() => activities.chargeOrder(unknown)),
  ).rejects.toMatchObject({
    type: 'OrderNotFound',
    nonRetryable: true,
  });
});
