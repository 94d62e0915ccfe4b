import { sql, type Kysely } from 'kysely';

/** The tables of the first release. SQL rather than the builder: this is what an operator reads. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE users (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      email text NOT NULL UNIQUE CHECK (email = lower(email)),
      name text NOT NULL,
      password_hash text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);

  await sql`
    CREATE TABLE emails (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      -- What makes two sendings the same email, such as 'welcome:<user id>'.
      key text NOT NULL UNIQUE,
      template text NOT NULL,
      user_id uuid REFERENCES users (id) ON DELETE CASCADE,
      recipient text NOT NULL,
      message_id text NOT NULL,
      status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'dead')),
      attempts integer NOT NULL DEFAULT 0,
      last_error text,
      created_at timestamptz NOT NULL DEFAULT now(),
      sent_at timestamptz
    )`.execute(db);

  await sql`
    CREATE TABLE password_resets (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      -- The address as it was typed in. Whether anybody has it is looked up when the email is due, never before.
      email text NOT NULL,
      requested_at timestamptz NOT NULL DEFAULT now(),
      token_hash text UNIQUE,
      expires_at timestamptz,
      sent_at timestamptz,
      used_at timestamptz,
      -- Set when another reset of the account made this one void.
      superseded_at timestamptz
    )`.execute(db);
  await sql`CREATE INDEX password_resets_email ON password_resets (email)`.execute(db);

  await sql`
    CREATE TABLE orders (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      currency text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
      amount_minor bigint NOT NULL CHECK (amount_minor > 0),
      status text NOT NULL DEFAULT 'pending' CHECK (status IN
        ('pending', 'awaiting_payment_method', 'paid', 'completed', 'payment_failed', 'cancelled', 'refunded')),
      payment_intent_id text UNIQUE,
      failure_code text,
      failure_message text,
      refund_id text,
      refunded_minor bigint NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      paid_at timestamptz
    )`.execute(db);
  await sql`CREATE INDEX orders_user ON orders (user_id, created_at)`.execute(db);

  await sql`
    CREATE TABLE order_items (
      order_id uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
      line integer NOT NULL,
      sku text NOT NULL,
      quantity integer NOT NULL CHECK (quantity > 0),
      unit_amount_minor bigint NOT NULL CHECK (unit_amount_minor >= 0),
      PRIMARY KEY (order_id, line)
    )`.execute(db);

  await sql`
    CREATE TABLE order_payment_methods (
      order_id uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
      -- 1 is what the order came with; each change adds one.
      revision integer NOT NULL,
      payment_method text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (order_id, revision)
    )`.execute(db);

  await sql`
    CREATE TABLE payment_attempts (
      order_id uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
      revision integer NOT NULL,
      -- Attempt of the activity that charged this revision: 1, then one for each retry.
      attempt integer NOT NULL,
      started_at timestamptz NOT NULL DEFAULT now(),
      ended_at timestamptz,
      -- Null while the attempt runs, and for good where its worker died.
      outcome text CHECK (outcome IN ('succeeded', 'declined', 'failed')),
      error_code text,
      error_message text,
      PRIMARY KEY (order_id, revision, attempt)
    )`.execute(db);

  await sql`
    CREATE TABLE stock_levels (
      -- A SKU without a row is made to order and never runs out.
      sku text PRIMARY KEY,
      available integer NOT NULL CHECK (available >= 0)
    )`.execute(db);
  await sql`
    CREATE TABLE stock_reservations (
      order_id uuid NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
      sku text NOT NULL,
      quantity integer NOT NULL CHECK (quantity > 0),
      PRIMARY KEY (order_id, sku)
    )`.execute(db);

  await sql`
    CREATE TABLE outbox (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      operation text NOT NULL CHECK (operation IN ('start', 'cancel')),
      job_type text NOT NULL,
      job_id text NOT NULL,
      input jsonb NOT NULL,
      attempts integer NOT NULL DEFAULT 0,
      last_error text,
      created_at timestamptz NOT NULL DEFAULT now(),
      -- Until then the relay leaves the entry to the request that wrote it.
      next_attempt_at timestamptz NOT NULL,
      dispatched_at timestamptz
    )`.execute(db);
  await sql`CREATE INDEX outbox_undispatched ON outbox (id) WHERE dispatched_at IS NULL`.execute(db);
  await sql`CREATE INDEX outbox_job ON outbox (job_id)`.execute(db);

  await sql`
    CREATE TABLE idempotency_keys (
      scope text NOT NULL,
      key text NOT NULL,
      fingerprint text NOT NULL,
      -- json rather than jsonb: a replayed answer keeps the order of its fields.
      response json,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL,
      PRIMARY KEY (scope, key)
    )`.execute(db);
  await sql`CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at)`.execute(db);

  await sql`
    CREATE TABLE failed_attempts (
      job_id text NOT NULL,
      run_id text NOT NULL,
      activity_id text NOT NULL,
      activity_type text NOT NULL,
      attempt integer NOT NULL,
      started_at timestamptz NOT NULL,
      ended_at timestamptz NOT NULL,
      error_code text NOT NULL,
      error_message text NOT NULL,
      PRIMARY KEY (job_id, run_id, activity_id, attempt)
    )`.execute(db);
}
