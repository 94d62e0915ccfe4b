import { sql, type Kysely } from 'kysely';

/**
 * Refuses rows of other programs whose values are too large to be shown, claimed or logged. Triggers rather than checks: a row that
 * is there already could otherwise not be updated any more, and would fail every statement that claims it together with others.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE FUNCTION refuse_large_row() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME,
        MESSAGE = format('new row for relation "%s" is too large (%s)', TG_TABLE_NAME, TG_ARGV[0]);
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER work_items_size BEFORE INSERT ON work_items FOR EACH ROW
    WHEN (octet_length(NEW.kind) > 800 OR octet_length(NEW.dedupe_key) > 2000
      OR octet_length(NEW.payload::text) > 1048576 OR octet_length(NEW.result::text) > 1048576)
    EXECUTE FUNCTION refuse_large_row('kind: 800 bytes, dedupe_key: 2000, payload and result: 1 MiB')`.execute(
    db,
  );
  // A body that is too large for mail servers makes the email dead, with that as its error.
  await sql`
    CREATE TRIGGER emails_size BEFORE INSERT ON emails FOR EACH ROW
    WHEN (octet_length(NEW.key) > 2000 OR octet_length(NEW.template) > 800 OR octet_length(NEW.recipient) > 2000
      OR octet_length(NEW.message_id) > 2000 OR octet_length(NEW.subject) > 16384)
    EXECUTE FUNCTION refuse_large_row('template: 800 bytes, key, recipient and message_id: 2000, subject: 16 KiB')`.execute(
    db,
  );
}
