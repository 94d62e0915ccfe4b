import { sql, type Kysely } from 'kysely';

/** Stored reports, the statistics, and what both need to add up a day without reading every row. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // When money went back: `updated_at` is moved by whatever else happens to an order.
  await sql`ALTER TABLE orders ADD COLUMN refunded_at timestamptz`.execute(db);
  await sql`UPDATE orders SET refunded_at = updated_at WHERE refunded_minor > 0`.execute(db);

  await sql`
    CREATE TABLE reports (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      kind text NOT NULL,
      -- Of the time zone that the report names.
      day date NOT NULL,
      data jsonb NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      -- Moved by a repeat, which brings the figures up to date.
      compiled_at timestamptz NOT NULL DEFAULT now(),
      UNIQUE (kind, day)
    )`.execute(db);
  await sql`CREATE INDEX reports_day ON reports (day, id)`.execute(db);

  await sql`CREATE INDEX users_created ON users (created_at)`.execute(db);
  await sql`CREATE INDEX emails_created ON emails (created_at)`.execute(db);
  await sql`CREATE INDEX emails_sent ON emails (sent_at) WHERE sent_at IS NOT NULL`.execute(db);
  await sql`CREATE INDEX orders_created ON orders (created_at)`.execute(db);
  await sql`CREATE INDEX orders_paid ON orders (paid_at) WHERE paid_at IS NOT NULL`.execute(db);
  await sql`CREATE INDEX orders_refunded ON orders (refunded_at) WHERE refunded_at IS NOT NULL`.execute(db);
  await sql`CREATE INDEX payment_attempts_started ON payment_attempts (started_at)`.execute(db);

  // One row, so that a reader sees figures of one moment. statement_timestamp() is that of the REFRESH.
  await sql`
    CREATE MATERIALIZED VIEW statistics AS
    WITH
      periods (name, since) AS (VALUES
        ('total', '-infinity'::timestamptz),
        ('last24Hours', statement_timestamp() - interval '24 hours'),
        ('last7Days', statement_timestamp() - interval '7 days')
      ),
      counts AS (
        SELECT name,
          (SELECT count(*) FROM users WHERE created_at >= since) AS users,
          (SELECT count(*) FROM orders WHERE created_at >= since) AS orders,
          (SELECT count(*) FROM emails WHERE sent_at >= since) AS emails_sent,
          (SELECT count(*) FROM payment_attempts WHERE started_at >= since) AS payment_attempts,
          (SELECT count(*) FROM payment_attempts WHERE started_at >= since AND outcome IN ('failed', 'declined'))
            AS payment_failures
        FROM periods
      ),
      -- Money that was taken for an order which was closed meanwhile is known by its refund alone.
      money (currency, at, taken, refunded) AS (
        SELECT currency, paid_at, amount_minor, 0::bigint FROM orders WHERE paid_at IS NOT NULL
        UNION ALL
        SELECT currency, coalesce(refunded_at, updated_at),
          CASE WHEN paid_at IS NULL THEN refunded_minor ELSE 0 END, refunded_minor
        FROM orders WHERE refunded_minor > 0
      ),
      revenue AS (
        SELECT name, upper(currency) AS currency, sum(taken)::bigint AS taken, sum(refunded)::bigint AS refunded
        FROM periods JOIN money ON at >= since
        GROUP BY name, currency
      )
    SELECT
      1 AS id,
      statement_timestamp() AS refreshed_at,
      jsonb_build_object(
        'users', (SELECT jsonb_object_agg(name, users) FROM counts),
        'orders', (SELECT jsonb_object_agg(name, orders) FROM counts),
        'emailsSent', (SELECT jsonb_object_agg(name, emails_sent) FROM counts),
        'paymentAttempts', (SELECT jsonb_object_agg(name, payment_attempts) FROM counts),
        'paymentFailures', (SELECT jsonb_object_agg(name, payment_failures) FROM counts),
        'ordersByStatus', (
          SELECT coalesce(jsonb_object_agg(status, n), '{}')
          FROM (SELECT status, count(*) AS n FROM orders GROUP BY status) AS by_status
        ),
        'emailsByStatus', (
          SELECT coalesce(jsonb_object_agg(status, n), '{}')
          FROM (SELECT status, count(*) AS n FROM emails GROUP BY status) AS by_status
        ),
        'revenue', (
          SELECT coalesce(jsonb_agg(jsonb_build_object('period', name, 'currency', currency, 'takenMinor', taken,
            'refundedMinor', refunded, 'netMinor', taken - refunded) ORDER BY name, currency), '[]')
          FROM revenue
        )
      ) AS figures`.execute(db);
  // What REFRESH … CONCURRENTLY asks for.
  await sql`CREATE UNIQUE INDEX statistics_id ON statistics (id)`.execute(db);
}
