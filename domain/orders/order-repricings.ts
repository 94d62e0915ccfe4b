import { sql } from 'kysely';
import type { Db, Trx } from '../database/schema.ts';
import { unpaidOrderStatuses } from './order-status.ts';
import { lockOrder, type Order } from './orders.ts';

/** A change of an order's price that has to be sent to the payment provider. */
export interface Repricing {
  orderId: string;
  token: string;
  intentId: string;
  /** The new amount of the order, in minor units. */
  amountMinor: number;
}

/** Why an order keeps its price. */
export interface RepricingRefusal {
  code: 'unknown_order' | 'other_currency' | 'payment_under_way' | 'repricing_under_way' | 'payment_unknown';
  message: string;
  retryable: boolean;
}

/** An attempt at a payment, and a call that sends a new amount to the provider, take much less: an older one ended with its worker. */
const longestCall = sql`interval '3 minutes'`;

/**
 * Updates an order's prices to those of the product table, in the caller's short transaction. Returns what has to be sent to the provider
 * after the commit, if anything, or why the order keeps its prices. A charge that begins later sends the amount itself, before it takes the
 * money; an earlier one is seen here, because both lock the order.
 */
export async function repriceOrder(
  trx: Trx,
  orderId: string,
): Promise<{ refusal: RepricingRefusal } | { tell: Repricing | undefined }> {
  const order = await lockOrder(trx, orderId);
  if (!order) return refuse('unknown_order', 'The order does not exist.');
  if (!isOpen(order)) return { tell: undefined };

  const lines = await trx
    .selectFrom('orderItems as line')
    .innerJoin('products as product', 'product.sku', 'line.sku')
    .select([
      'line.line',
      'line.unitAmountMinor as price',
      'product.unitAmountMinor as newPrice',
      'product.currency',
    ])
    .where('line.orderId', '=', orderId)
    .execute();
  const foreign = lines.find(({ currency }) => currency !== order.currency);
  if (foreign) {
    return refuse(
      'other_currency',
      `Line ${foreign.line} is sold in ${foreign.currency}, the order is in ${order.currency}.`,
    );
  }
  const changed = lines.filter(({ price, newPrice }) => price !== newPrice);
  const untold = await trx
    .selectFrom('orderRepricings')
    .select(['formerPrices', sql<boolean>`began_at > now() - ${longestCall}`.as('isUnderWay')])
    .where('orderId', '=', orderId)
    .executeTakeFirst();
  if (changed.length === 0 && !untold) return { tell: undefined };
  const attempts = await readAttempts(trx, orderId);
  if (attempts.isUnderWay) {
    return refuse('payment_under_way', 'Its payment is being taken at this moment.', true);
  }
  // If two amounts are sent concurrently, it is unknown which one stays.
  if (changed.length > 0 && untold?.isUnderWay) {
    return refuse('repricing_under_way', 'The provider is being told of another price.', true);
  }
  const intentId = order.paymentIntentId;
  if (intentId === null && attempts.areAny) {
    // A payment may exist whose id was lost: it is requested again with the same key, which requires the same amount.
    return refuse('payment_unknown', 'It is not yet known whether its payment has begun.', true);
  }

  const newPrices = Object.fromEntries(changed.map(({ line, newPrice }) => [line, newPrice]));
  const amountMinor = changed.length > 0 ? await setPrices(trx, orderId, newPrices) : order.amountMinor;
  if (intentId === null) return { tell: undefined };
  // If the provider may not have received the last change, the former prices are those before that change.
  const formerPrices = {
    ...Object.fromEntries(changed.map(({ line, price }) => [line, price])),
    ...untold?.formerPrices,
  };
  const token = await beginRepricing(trx, orderId, formerPrices);
  return { tell: { orderId, token, intentId, amountMinor } };
}

/** Returns the change of price that the provider may not know yet, of an order with a payment there. */
export async function findRepricing(db: Db, order: Order): Promise<Repricing | undefined> {
  const intentId = order.paymentIntentId;
  if (intentId === null) return undefined;
  const row = await db
    .selectFrom('orderRepricings')
    .select('token')
    .where('orderId', '=', order.id)
    .executeTakeFirst();
  return row && { orderId: order.id, token: row.token, intentId, amountMinor: order.amountMinor };
}

/** Records that the provider has the new amount, unless the price was changed again in the meantime. */
export async function endRepricing(db: Db, { orderId, token }: Repricing): Promise<void> {
  await db.deleteFrom('orderRepricings').where('orderId', '=', orderId).where('token', '=', token).execute();
}

/**
 * Restores an order's former prices, because the provider refuses the new amount. Returns what has to be sent to the provider; undefined if
 * there is nothing to restore: the order is closed, its price was changed again, or a charge is in progress, which does this itself
 * (`byCharge`).
 */
export async function restoreFormerPrices(
  db: Db,
  { orderId, token, intentId }: Repricing,
  { byCharge }: { byCharge: boolean },
): Promise<Repricing | undefined> {
  return db.transaction().execute(async (trx) => {
    const order = await lockOrder(trx, orderId);
    if (!order || !isOpen(order)) return undefined;
    if (!byCharge && (await readAttempts(trx, orderId)).isUnderWay) return undefined;
    const row = await trx
      .selectFrom('orderRepricings')
      .select('formerPrices')
      .where('orderId', '=', orderId)
      .where('token', '=', token)
      .executeTakeFirst();
    if (!row || Object.keys(row.formerPrices).length === 0) return undefined;
    const amountMinor = await setPrices(trx, orderId, row.formerPrices);
    // The provider may have the amount of an intermediate change.
    return { orderId, token: await beginRepricing(trx, orderId, {}), intentId, amountMinor };
  });
}

/** Begins a change, replacing an unfinished one. Returns its token. */
async function beginRepricing(
  trx: Trx,
  orderId: string,
  formerPrices: Record<string, number>,
): Promise<string> {
  const { token } = await trx
    .insertInto('orderRepricings')
    .values({ orderId, formerPrices: JSON.stringify(formerPrices) })
    .onConflict((conflict) =>
      conflict.column('orderId').doUpdateSet((eb) => ({
        token: eb.ref('excluded.token'),
        beganAt: eb.ref('excluded.beganAt'),
        formerPrices: eb.ref('excluded.formerPrices'),
      })),
    )
    .returning('token')
    .executeTakeFirstOrThrow();
  return token;
}

/** Sets the prices of lines, by line, and the amount of the order. Returns that amount. */
async function setPrices(
  trx: Trx,
  orderId: string,
  prices: Readonly<Record<string, number>>,
): Promise<number> {
  await sql`
    UPDATE order_items SET unit_amount_minor = price.value::integer
    FROM jsonb_each_text(${JSON.stringify(prices)}::jsonb) AS price
    WHERE order_id = ${orderId} AND line = price.key::integer`.execute(trx);
  const { amountMinor } = await trx
    .updateTable('orders')
    .set({
      amountMinor: (eb) =>
        eb
          .selectFrom('orderItems')
          .select(sql<number>`sum(quantity::bigint * unit_amount_minor)::bigint`.as('amount'))
          .where('orderId', '=', orderId),
      updatedAt: new Date(),
    })
    .where('id', '=', orderId)
    .returning('amountMinor')
    .executeTakeFirstOrThrow();
  return amountMinor;
}

function isOpen({ status }: Order): boolean {
  return unpaidOrderStatuses.includes(status);
}

/** Returns whether the order has been charged, and whether a charge is in progress. */
async function readAttempts(trx: Trx, orderId: string): Promise<{ areAny: boolean; isUnderWay: boolean }> {
  return trx
    .selectFrom('paymentAttempts')
    .select([
      sql<boolean>`count(*) > 0`.as('areAny'),
      sql<boolean>`coalesce(bool_or(ended_at IS NULL AND started_at > now() - ${longestCall}), false)`.as(
        'isUnderWay',
      ),
    ])
    .where('orderId', '=', orderId)
    .executeTakeFirstOrThrow();
}

function refuse(
  code: RepricingRefusal['code'],
  message: string,
  retryable = false,
): { refusal: RepricingRefusal } {
  return { refusal: { code, message, retryable } };
}

/** Deletes the unfinished change of the price of an order that is reopened: its new payment is created with the current price. */
export async function forgetRepricing(trx: Trx, orderId: string): Promise<void> {
  await trx.deleteFrom('orderRepricings').where('orderId', '=', orderId).execute();
}
