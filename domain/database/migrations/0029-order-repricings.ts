import { sql, type Kysely } from 'kysely';

/**
 * Orders whose price was changed while they had a payment at the provider, until the provider is known to have the new amount.
 * `former_prices` has the price that each changed line had before, by the line's number.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE order_repricings (
      order_id uuid PRIMARY KEY REFERENCES orders ON DELETE CASCADE,
      token uuid NOT NULL DEFAULT gen_random_uuid(),
      began_at timestamptz NOT NULL DEFAULT now(),
      former_prices jsonb NOT NULL
    )`.execute(db);
}
