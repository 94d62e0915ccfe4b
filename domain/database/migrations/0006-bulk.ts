import { sql, type Kysely } from 'kysely';

/**
 * Bulk jobs with an item a row, and the product table that their tasks work on. The counters stand on the job's row, so
 * that its progress never counts a million items; they change in the transactions that change the items.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE products (
      sku text PRIMARY KEY,
      name text NOT NULL,
      unit_amount_minor integer NOT NULL CHECK (unit_amount_minor >= 0),
      currency text NOT NULL,
      updated_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);

  await sql`
    CREATE TABLE bulk_jobs (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      task text NOT NULL,
      query text,
      origin_key text UNIQUE,
      status text NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'running', 'paused', 'completed', 'cancelled')),
      total integer NOT NULL DEFAULT 0,
      done integer NOT NULL DEFAULT 0,
      failed integer NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL DEFAULT now(),
      started_at timestamptz,
      ended_at timestamptz,
      rate_since timestamptz,
      rate_base integer NOT NULL DEFAULT 0
    )`.execute(db);
  await sql`CREATE INDEX bulk_jobs_newest ON bulk_jobs (created_at DESC, id DESC)`.execute(db);

  await sql`CREATE INDEX bulk_jobs_ended ON bulk_jobs (ended_at) WHERE ended_at IS NOT NULL`.execute(db);

  await sql`
    CREATE TABLE bulk_items (
      bulk_job_id uuid NOT NULL REFERENCES bulk_jobs ON DELETE CASCADE,
      position integer NOT NULL,
      payload jsonb NOT NULL,
      status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'failed')),
      attempts smallint NOT NULL DEFAULT 0,
      error_code text,
      error_message text,
      PRIMARY KEY (bulk_job_id, position)
    )`.execute(db);
  await sql`CREATE INDEX bulk_items_pending ON bulk_items (bulk_job_id, position) WHERE status = 'pending'`.execute(
    db,
  );
  await sql`CREATE INDEX bulk_items_failed ON bulk_items (bulk_job_id, position) WHERE status = 'failed'`.execute(
    db,
  );
}
