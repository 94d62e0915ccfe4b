import { sql } from 'kysely';
import type { BulkItem } from '../../contracts/bulk.ts';
import type { Trx } from '../../platform/database/connect.ts';
import { PaymentRejectedError, PaymentUnavailableError } from '../../platform/payments/provider.ts';
import type { ItemError } from '../../platform/repositories/bulk-jobs.ts';
import type { BulkDeps, BulkTaskRunner } from './task.ts';

/**
 * Brings the prices of open orders in line with the product table: those of the lines whose SKU is in it, in the order's
 * currency. An order that is paid or closed meanwhile is left as it is. A repeat sets the same amounts again.
 */
export const repriceOrders: BulkTaskRunner<BulkItem<'reprice-orders'>> = {
  // Each may be a call to the payment provider, while its order's row is locked.
  chunkSize: 10,
  window: 2,
  async apply(trx, items, deps) {
    const errors: ItemError[] = [];
    // Locked in one order for all, as above.
    for (const { position, item } of [...items].sort((a, b) => (a.item.orderId < b.item.orderId ? -1 : 1))) {
      const error = await reprice(trx, item.orderId, deps);
      if (error) errors.push({ position, ...error });
    }
    return errors;
  },
};

type Refusal = Omit<ItemError, 'position'>;

async function reprice(trx: Trx, orderId: string, { payments }: BulkDeps): Promise<Refusal | undefined> {
  // A charge begins under the same lock, and reads the order's amount after that.
  const order = await trx
    .selectFrom('orders')
    .select(['status', 'currency', 'amount_minor', 'payment_intent_id'])
    .where('id', '=', orderId)
    .forUpdate()
    .executeTakeFirst();
  if (!order) return { code: 'unknown_order', message: 'There is no such order.', retryable: false };
  if (order.status !== 'pending' && order.status !== 'awaiting_payment_method') return undefined;

  const lines = await trx
    .selectFrom('order_items as line')
    .innerJoin('products as product', 'product.sku', 'line.sku')
    .select([
      'line.line',
      'line.quantity',
      'line.unit_amount_minor as price',
      'product.unit_amount_minor as newPrice',
      'product.currency',
    ])
    .where('line.order_id', '=', orderId)
    .execute();
  const foreign = lines.find(({ currency }) => currency !== order.currency);
  if (foreign) {
    return {
      code: 'other_currency',
      message: `Line ${foreign.line} is sold in ${foreign.currency}, the order is in ${order.currency}.`,
      retryable: false,
    };
  }
  const changed = lines.filter(({ price, newPrice }) => price !== newPrice);
  if (changed.length === 0) return undefined;
  if (await isPaymentUnderWay(trx, orderId)) {
    return { code: 'payment_under_way', message: 'Its payment is being taken just now.', retryable: true };
  }
  const amountMinor =
    order.amount_minor +
    changed.reduce((sum, { quantity, price, newPrice }) => sum + quantity * (newPrice - price), 0);
  const refusal = await changeIntent(trx, orderId, order.payment_intent_id, amountMinor, payments);
  if (refusal) return refusal;
  for (const { line, newPrice } of changed) {
    await trx
      .updateTable('order_items')
      .set({ unit_amount_minor: newPrice })
      .where('order_id', '=', orderId)
      .where('line', '=', line)
      .execute();
  }
  await trx
    .updateTable('orders')
    .set({ amount_minor: amountMinor, updated_at: new Date() })
    .where('id', '=', orderId)
    .execute();
  return undefined;
}

/** An attempt that began longer ago than it may last has ended with its worker. */
async function isPaymentUnderWay(trx: Trx, orderId: string): Promise<boolean> {
  const attempt = await trx
    .selectFrom('payment_attempts')
    .select('attempt')
    .where('order_id', '=', orderId)
    .where('ended_at', 'is', null)
    .where('started_at', '>', sql<Date>`now() - interval '3 minutes'`)
    .limit(1)
    .executeTakeFirst();
  return attempt !== undefined;
}

/** The provider first: an order that says less than what is taken would be worse than the other way round. */
async function changeIntent(
  trx: Trx,
  orderId: string,
  intentId: string | null,
  amountMinor: number,
  payments: BulkDeps['payments'],
): Promise<Refusal | undefined> {
  if (intentId === null) {
    const attempt = await trx
      .selectFrom('payment_attempts')
      .select('attempt')
      .where('order_id', '=', orderId)
      .limit(1)
      .executeTakeFirst();
    if (!attempt) return undefined;
    // An intent may have been made whose id was lost: it is asked for again with the old amount, under the same key.
    return {
      code: 'payment_unknown',
      message: 'It is not known yet whether its payment was begun.',
      retryable: true,
    };
  }
  try {
    await payments.changeAmount(intentId, amountMinor);
    return undefined;
  } catch (error) {
    if (error instanceof PaymentUnavailableError) {
      return { code: 'provider_unavailable', message: error.message, retryable: true };
    }
    if (error instanceof PaymentRejectedError) {
      return { code: 'provider_refused', message: error.message, retryable: false };
    }
    throw error;
  }
}
