import { sql } from 'kysely';
import type { Db, Trx } from '../database/schema.ts';

/** Payment methods of one order: each that is declined adds to the history of its job, which has an end. */
export const MOST_PAYMENT_METHODS = 100;

/**
 * Adds a payment method to an order and returns its revision; undefined if the order has had as many as it may. Two at once get revisions
 * of their own.
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

/** The payment method of a revision. */
export async function findPaymentMethod(db: Db, orderId: string, revision: number): Promise<string> {
  const row = await db
    .selectFrom('orderPaymentMethods')
    .select('paymentMethod')
    .where('orderId', '=', orderId)
    .where('revision', '=', revision)
    .executeTakeFirstOrThrow();
  return row.paymentMethod;
}

/** The payment method that was named last for an order. */
export async function newestRevision(db: Db | Trx, orderId: string): Promise<number> {
  const { revision } = await db
    .selectFrom('orderPaymentMethods')
    .select(sql<number>`max(revision)`.as('revision'))
    .where('orderId', '=', orderId)
    .executeTakeFirstOrThrow();
  return revision;
}
