import { jobs } from '../../contracts/catalogue.ts';
import { jobRules } from '../../domain/job-rules.ts';
import { MockActivityEnvironment } from '@temporalio/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { processChunk } from '../../packages/durable-jobs/src/bulk/process-chunk.ts';
import { repriceOrders } from '../../activities/bulk/reprice-orders.ts';
import { createOrderActivities } from '../../activities/orders.ts';
import {
  createStripeProvider,
  PaymentRejectedError,
  PaymentUnavailableError,
  type PaymentProvider,
} from '../../domain/payments/provider.ts';
import { findOrderDetails } from '../../domain/orders/orders.ts';
import { pricedOrders } from '../support/bulk.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });
let provider: PaymentProvider;
beforeAll(() => {
  provider = createStripeProvider({
    apiKey: 'sk_test_sandbox',
    apiUrl: service.sandboxUrl,
    timeoutMs: 10_000,
  });
});

type ChangeAmount = PaymentProvider['changeAmount'];
const changing = (changeAmount: ChangeAmount): PaymentProvider => ({ ...provider, changeAmount });
const refusing = changing(() => Promise.reject(new PaymentRejectedError('too much', 'amount_too_large')));

/** An order of 450 that waits for a payment method, whose product now costs 500, and a bulk job that reprices it. */
async function repricedOrder() {
  const [orderId = ''] = await pricedOrders(service, 1);
  await service.db
    .insertInto('orderPaymentMethods')
    .values({ orderId, revision: 1, paymentMethod: 'pm_card_visa' })
    .execute();
  const { id: bulkJobId } = await service.db
    .insertInto('bulkJobs')
    .values({ task: 'reprice-orders', total: 1 })
    .returning('id')
    .executeTakeFirstOrThrow();
  await service.db
    .insertInto('bulkItems')
    .values({ bulkJobId, position: 0, payload: JSON.stringify({ orderId }) })
    .execute();
  const reprice = async (payments: PaymentProvider) => {
    const job = { id: bulkJobId, task: repriceOrders(payments) };
    await processChunk({ db: service.db, temporal: service.client, jobs, jobRules }, job, { from: 0, to: 0 });
    return service.db
      .selectFrom('bulkItems')
      .select(['status', 'errorCode'])
      .where('bulkJobId', '=', bulkJobId)
      .executeTakeFirstOrThrow();
  };
  const setPrice = (unitAmountMinor: number) =>
    service.db
      .updateTable('products')
      .set({ unitAmountMinor })
      .where('sku', 'in', (eb) => eb.selectFrom('orderItems').select('sku').where('orderId', '=', orderId))
      .execute();
  const charge = (payments: PaymentProvider = provider) =>
    new MockActivityEnvironment().run(() =>
      createOrderActivities({ db: service.db, payments }).chargeOrder({ orderId, revision: 1 }),
    );
  /** The amounts of the order and its line, the amount that the provider would take, and the amount that it has taken. */
  const amounts = async () => {
    const details = await findOrderDetails(service.db, orderId);
    const found = await provider.findPayment(details?.order.paymentIntentId ?? '');
    return {
      order: details?.order.amountMinor,
      line: details?.items[0]?.unitAmountMinor,
      payment: found?.payment.amountMinor,
      taken: found?.payment.receivedMinor,
    };
  };
  return { orderId, reprice, setPrice, charge, amounts };
}
const all = (amount: number) => ({ order: amount, line: amount, payment: amount });

describe('repricing an order', () => {
  it('calls the provider without holding a lock on the order', async () => {
    const { orderId, reprice, amounts } = await repricedOrder();
    const locked: string[] = [];
    const outcome = await reprice(
      changing(async (intentId, amountMinor) => {
        const order = await service.db
          .selectFrom('orders')
          .select('id')
          .where('id', '=', orderId)
          .forUpdate()
          .noWait()
          .executeTakeFirstOrThrow();
        locked.push(order.id);
        return provider.changeAmount(intentId, amountMinor);
      }),
    );
    expect(locked).toEqual([orderId]);
    expect(outcome).toEqual({ status: 'done', errorCode: null });
    expect(await amounts()).toEqual({ ...all(500), taken: 0 });
  });

  it.each([
    [
      'before the provider has the amount',
      (): ReturnType<ChangeAmount> => Promise.reject(new PaymentUnavailableError('gone')),
    ],
    [
      'after the provider has it',
      async (...change: Parameters<ChangeAmount>): ReturnType<ChangeAmount> => {
        await provider.changeAmount(...change);
        throw new PaymentUnavailableError('gone');
      },
    ],
  ])('that is interrupted %s lets a charge take what the order shows', async (_when, changeAmount) => {
    const { reprice, charge, amounts } = await repricedOrder();
    expect(await reprice(changing(changeAmount))).toEqual({
      status: 'pending',
      errorCode: 'provider_unavailable',
    });
    expect(await charge()).toEqual({ outcome: 'succeeded' });
    const { order, taken } = await amounts();
    expect(taken).toBe(order);
    // The item is retried, and finds the order paid.
    expect(await reprice(provider)).toEqual({ status: 'done', errorCode: null });
    expect(await amounts()).toMatchObject({ order, taken });
  });

  it('tells the provider again if that was interrupted, and no charge came', async () => {
    const { reprice, amounts } = await repricedOrder();
    await reprice(changing(() => Promise.reject(new PaymentUnavailableError('gone'))));
    expect(await reprice(provider)).toEqual({ status: 'done', errorCode: null });
    expect(await amounts()).toEqual({ ...all(500), taken: 0 });
    expect(await service.db.selectFrom('orderRepricings').selectAll().execute()).toEqual([]);
  });

  it('lets a charge that begins meanwhile take the new amount', async () => {
    const { reprice, charge, amounts } = await repricedOrder();
    const outcome = await reprice(
      changing(async (intentId, amountMinor) => {
        expect(await charge()).toEqual({ outcome: 'succeeded' });
        return provider.changeAmount(intentId, amountMinor);
      }),
    );
    expect(outcome).toEqual({ status: 'pending', errorCode: 'payment_under_way' });
    expect(await amounts()).toEqual({ ...all(500), taken: 500 });
    expect(await reprice(provider)).toEqual({ status: 'done', errorCode: null });
  });

  it('leaves an order alone whose charge is in progress', async () => {
    const { reprice, charge, amounts } = await repricedOrder();
    const outcomes: unknown[] = [];
    await charge({
      ...provider,
      confirm: async (...confirmation) => {
        outcomes.push(await reprice(provider));
        return provider.confirm(...confirmation);
      },
    });
    expect(outcomes).toEqual([{ status: 'pending', errorCode: 'payment_under_way' }]);
    expect(await amounts()).toEqual({ ...all(450), taken: 450 });
  });

  it("restores an order's previous price if the provider refuses the new one", async () => {
    const { reprice, charge, amounts } = await repricedOrder();
    const calls: number[] = [];
    const outcome = await reprice(
      changing(async (intentId, amountMinor) => {
        calls.push(amountMinor);
        return amountMinor === 500
          ? refusing.changeAmount(intentId, amountMinor)
          : provider.changeAmount(intentId, amountMinor);
      }),
    );
    expect(outcome).toEqual({ status: 'failed', errorCode: 'provider_refused' });
    expect(calls).toEqual([500, 450]);
    expect(await amounts()).toEqual({ ...all(450), taken: 0 });
    await charge();
    expect(await amounts()).toEqual({ ...all(450), taken: 450 });
  });

  it('lets a charge take the previous amount if the provider refuses the new one only then', async () => {
    const { reprice, charge, amounts } = await repricedOrder();
    await reprice(changing(() => Promise.reject(new PaymentUnavailableError('gone'))));
    await charge(
      changing((intentId, amountMinor) =>
        (amountMinor === 500 ? refusing : provider).changeAmount(intentId, amountMinor),
      ),
    );
    expect(await amounts()).toEqual({ ...all(450), taken: 450 });
  });

  it('sets no other price while the provider is being informed of one', async () => {
    const { reprice, setPrice, amounts } = await repricedOrder();
    const outcomes: unknown[] = [];
    await reprice(
      changing(async (intentId, amountMinor) => {
        await setPrice(600);
        outcomes.push(await reprice(provider));
        return provider.changeAmount(intentId, amountMinor);
      }),
    );
    expect(outcomes).toEqual([{ status: 'pending', errorCode: 'repricing_under_way' }]);
    expect(await amounts()).toEqual({ ...all(500), taken: 0 });
    // A caller whose worker died is not awaited indefinitely.
    await service.db.updateTable('bulkItems').set({ status: 'pending', attempts: 0 }).execute();
    await setPrice(700);
    await reprice(changing(() => Promise.reject(new PaymentUnavailableError('gone'))));
    await service.db
      .updateTable('orderRepricings')
      .set({ beganAt: new Date(Date.now() - 600_000) })
      .execute();
    await setPrice(800);
    expect(await reprice(provider)).toEqual({ status: 'done', errorCode: null });
    expect(await amounts()).toEqual({ ...all(800), taken: 0 });
  });
});
