import { sql, type Kysely } from 'kysely';

/**
 * Retries of jobs that have ended, each of a run made once; and payments of an order that are begun anew: the order holds the
 * present one, numbered from 1, and `order_payment_rounds` keeps what became of those before it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE job_retries (
      job_id text NOT NULL,
      run_id text NOT NULL,
      new_run_id text,
      reason text,
      requested_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (job_id, run_id)
    )`.execute(db);
  await sql`ALTER TABLE outbox ADD COLUMN retry jsonb`.execute(db);

  await sql`
    ALTER TABLE orders
      ADD COLUMN payment_round integer NOT NULL DEFAULT 1,
      ADD COLUMN payment_returned_at timestamptz`.execute(db);
  await sql`
    CREATE TABLE order_payment_rounds (
      order_id uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
      round integer NOT NULL,
      payment_intent_id text,
      failure_code text,
      failure_message text,
      refund_id text,
      refunded_minor bigint NOT NULL,
      refunded_at timestamptz,
      returned_at timestamptz NOT NULL,
      reopened_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (order_id, round)
    )`.execute(db);
}
