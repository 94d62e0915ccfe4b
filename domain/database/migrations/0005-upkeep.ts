import { sql, type Kysely } from 'kysely';

/** What reconciliation, clean-up and maintenance keep, and the indexes by which they find what is old. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE reconciliations (
      id uuid PRIMARY KEY,
      job_id text NOT NULL,
      status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'completed', 'failed', 'cancelled')),
      -- Payments and refunds that were made at the provider since then were read, and orders that changed since then.
      window_start timestamptz NOT NULL,
      started_at timestamptz NOT NULL DEFAULT now(),
      ended_at timestamptz,
      payments integer NOT NULL DEFAULT 0,
      refunds integer NOT NULL DEFAULT 0,
      orders integer NOT NULL DEFAULT 0,
      found integer NOT NULL DEFAULT 0,
      repaired integer NOT NULL DEFAULT 0,
      resolved integer NOT NULL DEFAULT 0,
      open integer NOT NULL DEFAULT 0
    )`.execute(db);
  await sql`CREATE INDEX reconciliations_newest ON reconciliations (started_at DESC, id DESC)`.execute(db);

  // A copy of what the provider last said, so that comparing is a query of ours and a repeat reads nothing twice.
  await sql`
    CREATE TABLE provider_payments (
      intent_id text PRIMARY KEY,
      -- Of the payment's metadata, as it stands there: it may name an order that we have not.
      order_id text,
      -- 'missing': the provider does not know an intent that we do.
      status text NOT NULL CHECK (status IN ('succeeded', 'open', 'released', 'missing')),
      amount_minor bigint NOT NULL,
      received_minor bigint NOT NULL,
      currency text NOT NULL,
      created_at timestamptz,
      seen_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
  await sql`CREATE INDEX provider_payments_order ON provider_payments (order_id)`.execute(db);
  await sql`CREATE INDEX provider_payments_seen ON provider_payments (seen_at)`.execute(db);
  await sql`
    CREATE TABLE provider_refunds (
      refund_id text PRIMARY KEY,
      intent_id text NOT NULL,
      amount_minor bigint NOT NULL,
      -- False where it failed, or was cancelled: then the money stayed.
      effective boolean NOT NULL,
      created_at timestamptz NOT NULL,
      seen_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
  await sql`CREATE INDEX provider_refunds_intent ON provider_refunds (intent_id)`.execute(db);
  await sql`CREATE INDEX provider_refunds_seen ON provider_refunds (seen_at)`.execute(db);

  await sql`
    CREATE TABLE findings (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      -- Which checks it comes from.
      source text NOT NULL CHECK (source IN ('payments', 'maintenance')),
      kind text NOT NULL,
      -- What it is about: 'order:<id>', 'payment:<intent>', 'user:<id>', …; never personal data.
      subject text NOT NULL,
      order_id uuid REFERENCES orders (id) ON DELETE CASCADE,
      details jsonb NOT NULL,
      -- What was done about it; null where somebody has to see to it.
      repair text,
      -- The reconciliation or maintenance that saw it first, and last.
      first_run_id uuid NOT NULL,
      last_run_id uuid NOT NULL,
      first_seen_at timestamptz NOT NULL DEFAULT now(),
      last_seen_at timestamptz NOT NULL DEFAULT now(),
      resolved_at timestamptz
    )`.execute(db);
  // The finding's key: as long as it is open there is one row, however many runs see it.
  await sql`CREATE UNIQUE INDEX findings_open ON findings (source, kind, subject) WHERE resolved_at IS NULL`.execute(
    db,
  );
  await sql`CREATE INDEX findings_newest ON findings (first_seen_at DESC, id DESC)`.execute(db);
  await sql`CREATE INDEX findings_order ON findings (order_id) WHERE order_id IS NOT NULL`.execute(db);

  // Which run saw which finding.
  await sql`
    CREATE TABLE reconciliation_findings (
      reconciliation_id uuid NOT NULL REFERENCES reconciliations (id) ON DELETE CASCADE,
      finding_id uuid NOT NULL REFERENCES findings (id) ON DELETE CASCADE,
      PRIMARY KEY (reconciliation_id, finding_id)
    )`.execute(db);
  await sql`CREATE INDEX reconciliation_findings_finding ON reconciliation_findings (finding_id)`.execute(db);

  await sql`
    CREATE TABLE archived_payment_attempts (
      order_id uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
      revision integer NOT NULL,
      attempt integer NOT NULL,
      started_at timestamptz NOT NULL,
      ended_at timestamptz,
      outcome text,
      error_code text,
      error_message text,
      archived_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (order_id, revision, attempt)
    )`.execute(db);
  await sql`CREATE INDEX archived_payment_attempts_age ON archived_payment_attempts (archived_at)`.execute(
    db,
  );

  await sql`CREATE INDEX orders_updated ON orders (updated_at)`.execute(db);
  await sql`CREATE INDEX orders_open ON orders (id) WHERE status NOT IN ('completed', 'payment_failed', 'cancelled', 'refunded')`.execute(
    db,
  );
  await sql`CREATE INDEX password_resets_requested ON password_resets (requested_at)`.execute(db);
  await sql`CREATE INDEX outbox_dispatched ON outbox (dispatched_at) WHERE dispatched_at IS NOT NULL`.execute(
    db,
  );
  await sql`CREATE INDEX failed_attempts_ended ON failed_attempts (ended_at)`.execute(db);
}
