import { randomUUID } from 'node:crypto';
import type { Insertable } from 'kysely';
import type { Database, Db } from '../../domain/database/schema.ts';

/** Adds a user who registered at that time. */
export async function seedUser(db: Db, createdAt: Date): Promise<string> {
  const user = await db
    .insertInto('users')
    .values({ email: `${randomUUID()}@example.com`, name: 'Ada', passwordHash: '-', createdAt })
    .returning('id')
    .executeTakeFirstOrThrow();
  return user.id;
}

/** An attempt to charge. */
interface SeededAttempt {
  at: Date;
  outcome: Database['paymentAttempts']['outcome'];
}

/** Adds an order with its attempts to charge, all of the first payment method. */
export async function seedOrder(
  db: Db,
  order: Omit<Insertable<Database['orders']>, 'currency'> & { currency?: string },
  attempts: readonly SeededAttempt[] = [],
): Promise<string> {
  const { id } = await db
    .insertInto('orders')
    .values({ currency: 'eur', ...order })
    .returning('id')
    .executeTakeFirstOrThrow();
  for (const [index, { at, outcome }] of attempts.entries()) {
    await db
      .insertInto('paymentAttempts')
      .values({ orderId: id, revision: 1, attempt: index + 1, startedAt: at, endedAt: at, outcome })
      .execute();
  }
  return id;
}

/** Adds an email, with a unique key unless one is given. */
export async function seedEmail(
  db: Db,
  email: Pick<Insertable<Database['emails']>, 'template' | 'status' | 'createdAt' | 'sentAt'> & {
    key?: string;
  },
): Promise<void> {
  const key = email.key ?? `test:${randomUUID()}`;
  await db
    .insertInto('emails')
    .values({ ...email, key, recipient: 'ada@example.com', messageId: key })
    .execute();
}
