import { sql, type Kysely } from 'kysely';

/** The work queue, and what the two kinds of work that ship write: a ledger of the stock, and invoices. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE work_items (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      kind text NOT NULL,
      payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
      status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'completed', 'dead')),
      -- Attempts that were begun since it was enqueued, or requeued.
      attempts integer NOT NULL DEFAULT 0,
      not_before timestamptz NOT NULL DEFAULT now(),
      -- Made anew by each claim: only who has it may renew, complete or fail the item.
      lease_token uuid,
      lease_expires_at timestamptz,
      -- When it may be claimed: a lease that is not renewed any more makes a running item due again.
      due_at timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(lease_expires_at, not_before)) STORED,
      last_error_code text,
      last_error_message text,
      last_error_at timestamptz,
      dedupe_key text,
      result jsonb,
      created_at timestamptz NOT NULL DEFAULT now(),
      -- When its last attempt began.
      started_at timestamptz,
      -- When it was completed, or died.
      ended_at timestamptz,
      CHECK ((status = 'running') = (lease_token IS NOT NULL)),
      CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
      CHECK ((status IN ('completed', 'dead')) = (ended_at IS NOT NULL))
    )`.execute(db);
  await sql`CREATE INDEX work_items_due ON work_items (due_at) WHERE status IN ('pending', 'running')`.execute(
    db,
  );
  await sql`CREATE UNIQUE INDEX work_items_dedupe ON work_items (kind, dedupe_key) WHERE dedupe_key IS NOT NULL`.execute(
    db,
  );
  await sql`CREATE INDEX work_items_newest ON work_items (created_at DESC, id DESC)`.execute(db);
  await sql`CREATE INDEX work_items_dead ON work_items (created_at DESC, id DESC) WHERE status = 'dead'`.execute(
    db,
  );
  await sql`CREATE INDEX work_items_completed ON work_items (ended_at) WHERE status = 'completed'`.execute(
    db,
  );

  // Whoever inserts an item, or makes one due by SQL, wakes the service that works them off.
  await sql`
    CREATE FUNCTION notify_work_items() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_notify('work_items', '');
      RETURN NULL;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER work_items_inserted AFTER INSERT ON work_items
    FOR EACH STATEMENT EXECUTE FUNCTION notify_work_items()`.execute(db);
  await sql`
    CREATE TRIGGER work_items_pending AFTER UPDATE OF status, not_before ON work_items
    FOR EACH ROW WHEN (NEW.status = 'pending') EXECUTE FUNCTION notify_work_items()`.execute(db);

  await sql`
    CREATE TABLE stock_ledger (
      -- The item that made the change: what makes a repeat of its work find it done.
      work_item_id uuid PRIMARY KEY,
      sku text NOT NULL,
      delta integer NOT NULL CHECK (delta <> 0),
      level_after integer NOT NULL CHECK (level_after >= 0),
      reason text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
  await sql`CREATE INDEX stock_ledger_sku ON stock_ledger (sku, created_at)`.execute(db);

  // One row: its lock makes invoices one after the other, and a number that is not used goes back with the transaction.
  await sql`
    CREATE TABLE invoice_numbers (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      last_number integer NOT NULL
    )`.execute(db);
  await sql`INSERT INTO invoice_numbers (last_number) VALUES (0)`.execute(db);
  await sql`
    CREATE TABLE invoices (
      order_id uuid PRIMARY KEY REFERENCES orders (id),
      number integer NOT NULL UNIQUE,
      currency text NOT NULL,
      amount_minor bigint NOT NULL,
      issued_at timestamptz NOT NULL DEFAULT now(),
      -- The document as it was issued: what it was made of may change later.
      document text NOT NULL
    )`.execute(db);
}
