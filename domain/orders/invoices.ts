import { sql, type Selectable } from 'kysely';
import type { Database, Db, Trx } from '../database/schema.ts';
import type { Order } from './orders.ts';

/** A row of `invoices`. */
export type Invoice = Selectable<Database['invoices']>;

/** A line of an invoice; amounts are in minor units. */
export interface InvoiceLine {
  sku: string;
  /** From the product table; null if the SKU is not in it. */
  name: string | null;
  quantity: number;
  unitAmountMinor: number;
}

/** The data of an invoice. */
export interface InvoiceSubject {
  order: Order;
  lines: InvoiceLine[];
  customer: { name: string; email: string; erasedAt: Date | null };
}

/** Reads the data of an invoice, and locks the order, and its customer against an erasure; undefined if the order does not exist. */
export async function readInvoiceSubject(trx: Trx, orderId: string): Promise<InvoiceSubject | undefined> {
  const order = await trx
    .selectFrom('orders')
    .selectAll()
    .where('id', '=', orderId)
    .forUpdate()
    .executeTakeFirst();
  if (!order) return undefined;
  const lines = await trx
    .selectFrom('orderItems as item')
    .leftJoin('products as product', 'product.sku', 'item.sku')
    .select(['item.sku', 'product.name', 'item.quantity', 'item.unitAmountMinor'])
    .where('orderId', '=', orderId)
    .orderBy('line')
    .execute();
  const customer = await trx
    .selectFrom('users')
    .select(['name', 'email', 'erasedAt'])
    .where('id', '=', order.userId)
    .forKeyShare()
    .executeTakeFirstOrThrow();
  return { order, lines, customer };
}

/** Returns the invoice of an order, or undefined. */
export async function findInvoice(db: Db, orderId: string): Promise<Invoice | undefined> {
  return db.selectFrom('invoices').selectAll().where('orderId', '=', orderId).executeTakeFirst();
}

/**
 * Stores the invoice of an order with the next number. There are no gaps: the number is taken in the same transaction, and the next invoice
 * waits for its end. This should therefore be the transaction's last statement.
 */
export async function insertInvoice(
  trx: Trx,
  order: Order,
  render: (head: { number: number; issuedAt: Date }) => string,
): Promise<Invoice> {
  const { number } = await trx
    .updateTable('invoiceNumbers')
    .set((eb) => ({ lastNumber: eb('lastNumber', '+', 1) }))
    .returning('lastNumber as number')
    .executeTakeFirstOrThrow();
  // After the wait for the number, so that times are in the order of numbers.
  const { rows } = await sql<{ issuedAt: Date }>`SELECT clock_timestamp() AS "issuedAt"`.execute(trx);
  const issuedAt = rows[0]?.issuedAt ?? new Date();
  return trx
    .insertInto('invoices')
    .values({
      orderId: order.id,
      number,
      currency: order.currency,
      amountMinor: order.amountMinor,
      issuedAt,
      document: render({ number, issuedAt }),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}
