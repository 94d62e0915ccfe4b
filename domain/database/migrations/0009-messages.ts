import { sql, type Kysely } from 'kysely';

/**
 * The message queue: what is to be published, what the embedded queue holds, and what became of the messages that arrived.
 * Bodies of messages may hold personal data. They are in these tables alone, and deleted after their retention.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE outgoing_messages (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      queue text NOT NULL,
      message_id text,
      correlation_id text,
      content_type text,
      properties jsonb NOT NULL DEFAULT '{}',
      body bytea NOT NULL,
      -- Of this message alone: a broker that is away counts for none.
      refusals integer NOT NULL DEFAULT 0,
      last_error text,
      created_at timestamptz NOT NULL DEFAULT now(),
      next_attempt_at timestamptz NOT NULL DEFAULT now(),
      published_at timestamptz
    )`.execute(db);
  await sql`CREATE INDEX outgoing_messages_pending ON outgoing_messages (id) WHERE published_at IS NULL`.execute(
    db,
  );
  await sql`CREATE INDEX outgoing_messages_published ON outgoing_messages (published_at) WHERE published_at IS NOT NULL`.execute(
    db,
  );
  await notifyOfInserts(db, 'outgoing_messages');

  // The queue where there is no broker.
  await sql`
    CREATE TABLE queued_messages (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      queue text NOT NULL,
      message_id text,
      correlation_id text,
      content_type text,
      properties jsonb NOT NULL DEFAULT '{}',
      body bytea NOT NULL,
      status text NOT NULL DEFAULT 'ready' CHECK (status IN ('ready', 'leased', 'accepted', 'dead')),
      -- When it may be handed out: after a release, or when a lease runs out.
      visible_at timestamptz NOT NULL DEFAULT now(),
      -- Who has it; a consumer whose lease ran out settles nothing.
      lease uuid,
      dead_reason text,
      queued_at timestamptz NOT NULL DEFAULT now(),
      settled_at timestamptz
    )`.execute(db);
  await sql`CREATE INDEX queued_messages_open ON queued_messages (queue, id) WHERE status IN ('ready', 'leased')`.execute(
    db,
  );
  await sql`CREATE INDEX queued_messages_settled ON queued_messages (settled_at) WHERE settled_at IS NOT NULL`.execute(
    db,
  );
  await notifyOfInserts(db, 'queued_messages');

  // Which message an order's job was started for: a message that comes again finds its row, for as long as there is the order.
  await sql`
    CREATE TABLE order_messages (
      order_id uuid PRIMARY KEY REFERENCES orders (id) ON DELETE CASCADE,
      message_id text NOT NULL,
      received_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);

  // How often a message failed that is neither accepted nor dead-lettered yet: the same count on every broker.
  await sql`
    CREATE TABLE message_failures (
      queue text NOT NULL,
      message_key text NOT NULL,
      failures integer NOT NULL DEFAULT 1,
      last_failed_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (queue, message_key)
    )`.execute(db);
  await sql`CREATE INDEX message_failures_last ON message_failures (last_failed_at)`.execute(db);

  await sql`
    CREATE TABLE dead_letters (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      queue text NOT NULL,
      -- Of message id and body: while a dead letter is open, the same message makes no second one.
      digest text NOT NULL,
      message_id text,
      correlation_id text,
      content_type text,
      properties jsonb NOT NULL DEFAULT '{}',
      body bytea NOT NULL,
      reason_code text NOT NULL,
      reason text NOT NULL,
      times integer NOT NULL DEFAULT 1,
      status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'requeued', 'discarded')),
      first_seen_at timestamptz NOT NULL DEFAULT now(),
      last_seen_at timestamptz NOT NULL DEFAULT now(),
      resolved_at timestamptz,
      discard_reason text
    )`.execute(db);
  await sql`CREATE UNIQUE INDEX dead_letters_open ON dead_letters (queue, digest) WHERE status = 'open'`.execute(
    db,
  );
  await sql`CREATE INDEX dead_letters_newest ON dead_letters (first_seen_at DESC, id DESC)`.execute(db);
  await sql`CREATE INDEX dead_letters_resolved ON dead_letters (resolved_at) WHERE resolved_at IS NOT NULL`.execute(
    db,
  );
}

/** Notifies the channel of a table's name when rows were added to it, whoever added them. */
async function notifyOfInserts(db: Kysely<unknown>, table: string): Promise<void> {
  await sql`
    CREATE FUNCTION ${sql.raw(`notify_${table}`)}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_notify(TG_TABLE_NAME, '');
      RETURN NULL;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER ${sql.raw(`${table}_notify`)} AFTER INSERT ON ${sql.raw(table)}
    FOR EACH STATEMENT EXECUTE FUNCTION ${sql.raw(`notify_${table}`)}()`.execute(db);
}
