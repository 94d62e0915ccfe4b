import { sql } from 'kysely';
import type { Db, Trx } from '../database/schema.ts';

/** The maximum number of payment methods of one order: each declined one adds to the history of its job, which is limited. */
export const MOST_PAYMENT_METHODS = 100;

/**
 * Adds a payment method to an order and returns its revision; undefined if the order has the maximum number. Concurrent calls get different
 * revisions.
 */
export async function addPaymentMethod(
  db: Db,
  orderId: string,
  paymentMethod: string,
): Promise<number | undefined> {
  return db.transaction().execute(async (trx) => {
    await trx.selectFrom('orders').select('id').where('id', '=', orderId).forUpdate().execute();
    const row = await trx
      .insertInto('orderPaymentMethods')
      .columns(['orderId', 'revision', 'paymentMethod'])
      .expression((eb) =>
        eb
          .selectFrom('orderPaymentMethods')
          .select([
            sql<string>`${orderId}::uuid`.as('orderId'),
            sql<number>`max(revision) + 1`.as('revision'),
            sql<string>`${paymentMethod}::text`.as('paymentMethod'),
          ])
          .where('orderId', '=', orderId)
          .having(sql<number>`max(revision)`, '<', MOST_PAYMENT_METHODS),
      )
      .returning('revision')
      .executeTakeFirst();
    return row?.revision;
  });
}

/** Returns the newest revision of an order's payment methods. */
export async function newestRevision(db: Db | Trx, orderId: string): Promise<number> {
  const { revision } = await db
    .selectFrom('orderPaymentMethods')
    .select(sql<number>`max(revision)`.as('revision'))
    .where('orderId', '=', orderId)
    .executeTakeFirstOrThrow();
  return revision;
}
