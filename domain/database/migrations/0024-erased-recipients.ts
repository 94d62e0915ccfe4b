import { sql, type Kysely } from 'kysely';

/**
 * What keeps the rows of an erased person free of their data. An email that is inserted while its person is erased waits for
 * that, by its foreign key, and would then be stored with the address that was read before: the trigger waits first, and then
 * looks. `uuids_in` finds ids in messages, whatever they are written in, so that an index can.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE FUNCTION omit_erased_recipient() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      is_erased boolean;
    BEGIN
      SELECT erased_at IS NOT NULL INTO is_erased FROM users WHERE id = NEW.user_id FOR KEY SHARE;
      IF is_erased THEN
        NEW.recipient := 'erased@erased.invalid';
        NEW.subject := NULL;
        NEW.body_text := NULL;
        NEW.body_html := NULL;
        IF NEW.status = 'pending' THEN
          NEW.status := 'dead';
        END IF;
      END IF;
      RETURN NEW;
    END $$`.execute(db);
  // Triggers fire in the order of their names: after the one that tells whose the email is, by its content.
  await sql`
    CREATE TRIGGER emails_sender_then_recipient BEFORE INSERT ON emails
    FOR EACH ROW WHEN (NEW.user_id IS NOT NULL) EXECUTE FUNCTION omit_erased_recipient()`.execute(db);

  await sql`
    CREATE FUNCTION uuids_in(body bytea, message_id text, correlation_id text, properties jsonb) RETURNS uuid[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
      SELECT array(
        SELECT DISTINCT found[1]::uuid
        FROM regexp_matches(
          concat_ws(' ', encode(body, 'escape'), message_id, correlation_id, properties),
          '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}', 'g') AS found)
    $$`.execute(db);
}
