import type { Selectable } from 'kysely';
import type { Database, Db } from '../database/schema.ts';
import { newestRevision } from '../orders/payment-methods.ts';
import type { Order } from '../orders/orders.ts';
import { allOrderEmailKeys } from './email-keys.ts';

/** An email as pages about an order or a user list it: neither its content nor its recipient. */
export type EmailHead = Pick<
  Selectable<Database['emails']>,
  'id' | 'template' | 'status' | 'createdAt' | 'sentAt'
>;

const columns = ['id', 'template', 'status', 'createdAt', 'sentAt'] as const;

/** Returns the emails about an order, oldest first. */
export async function emailsOfOrder(db: Db, order: Order): Promise<EmailHead[]> {
  return db
    .selectFrom('emails')
    .select(columns)
    .where('key', 'in', allOrderEmailKeys(order, await newestRevision(db, order.id)))
    .orderBy('createdAt')
    .execute();
}

/** Returns the newest emails to a user. */
export async function newestEmailsOfUser(db: Db, userId: string, limit: number): Promise<EmailHead[]> {
  return db
    .selectFrom('emails')
    .select(columns)
    .where('userId', '=', userId)
    .orderBy('createdAt', 'desc')
    .limit(limit)
    .execute();
}
