import { sql, type Kysely } from 'kysely';

/**
 * The calls to the payment provider that were made in the present second, over all workers; the form is that of
 * rate-limiter-flexible. What it holds is void after a second, so it need not outlast a crash.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE UNLOGGED TABLE payment_call_budget (
      key varchar(255) PRIMARY KEY,
      points integer NOT NULL DEFAULT 0,
      expire bigint
    )`.execute(db);
}
