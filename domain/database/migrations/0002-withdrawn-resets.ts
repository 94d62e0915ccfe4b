import { sql, type Kysely } from 'kysely';

/**
 * What a cancellation needs: whose a reset request is, by the key that its job has, and an order whose money goes back
 * while that is under way. Cancellations are no entries of the outbox any more: the rows themselves say what is void.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE password_resets ADD COLUMN account_key text`.execute(db);
  await sql`CREATE INDEX password_resets_account ON password_resets (account_key)`.execute(db);

  await sql`DELETE FROM outbox WHERE operation = 'cancel'`.execute(db);
  await sql`ALTER TABLE outbox DROP COLUMN operation`.execute(db);

  await sql`ALTER TABLE orders DROP CONSTRAINT orders_status_check`.execute(db);
  await sql`
    ALTER TABLE orders ADD CONSTRAINT orders_status_check CHECK (status IN
      ('pending', 'awaiting_payment_method', 'paid', 'completed', 'payment_failed', 'cancelled', 'refunding',
       'refunded'))`.execute(db);
}
