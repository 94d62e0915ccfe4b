import { sql, type Kysely } from 'kysely';

/**
 * Hosted services: what each does, for people to read, and what `emails` needs to be sent by one. Who has the right to run a
 * service is not in here: that is an advisory lock, which ends with its session.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE hosted_services (
      id text PRIMARY KEY,
      -- The worker that has it, or had it last, and from when until when.
      worker text,
      started_at timestamptz,
      ended_at timestamptz,
      busy boolean NOT NULL DEFAULT false,
      -- Units of work since the service exists.
      processed bigint NOT NULL DEFAULT 0,
      failed bigint NOT NULL DEFAULT 0,
      last_activity_at timestamptz,
      last_error text,
      last_error_at timestamptz,
      -- Set while an operator holds it back.
      paused_at timestamptz
    )`.execute(db);

  // The emails that are there belong to jobs; what comes without a word about it is the service's to send.
  await sql`
    ALTER TABLE emails
      ADD COLUMN sender text NOT NULL DEFAULT 'job' CHECK (sender IN ('job', 'service')),
      ADD COLUMN subject text,
      ADD COLUMN body_text text,
      ADD COLUMN body_html text,
      ADD COLUMN next_attempt_at timestamptz NOT NULL DEFAULT now(),
      -- Until then somebody is sending it.
      ADD COLUMN leased_until timestamptz`.execute(db);
  await sql`
    ALTER TABLE emails
      ALTER COLUMN sender SET DEFAULT 'service',
      ALTER COLUMN key SET DEFAULT 'message:' || gen_random_uuid(),
      ALTER COLUMN message_id SET DEFAULT gen_random_uuid() || '@durable-jobs',
      ALTER COLUMN template SET DEFAULT 'message'`.execute(db);
  await sql`
    CREATE INDEX emails_due ON emails (next_attempt_at)
    WHERE status = 'pending' AND sender = 'service'`.execute(db);
  await sql`
    CREATE INDEX emails_unsent ON emails (status, created_at DESC, id DESC) WHERE status <> 'sent'`.execute(
    db,
  );

  // A worker of an earlier release, which may still run beside this one, does not know the column: its emails have a
  // template's name and no content.
  await sql`
    CREATE FUNCTION set_sender_of_email() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.template <> 'message' AND NEW.subject IS NULL AND NEW.body_text IS NULL AND NEW.body_html IS NULL THEN
        NEW.sender := 'job';
      END IF;
      RETURN NEW;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER emails_sender BEFORE INSERT ON emails
    FOR EACH ROW EXECUTE FUNCTION set_sender_of_email()`.execute(db);

  // PostgreSQL sends one notification for a transaction, however many rows it writes.
  await sql`
    CREATE FUNCTION notify_pending_emails() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_notify('pending_emails', '');
      RETURN NULL;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER emails_pending AFTER INSERT OR UPDATE OF status ON emails
    FOR EACH ROW WHEN (NEW.status = 'pending' AND NEW.sender = 'service')
    EXECUTE FUNCTION notify_pending_emails()`.execute(db);
}
