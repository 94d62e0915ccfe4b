import { sql, type Kysely } from 'kysely';

/**
 * Refuses starts that are too large for the engine, whose messages have 4 MiB at most: each attempt at one takes ten seconds, in
 * which the relay makes no other start.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TRIGGER outbox_size BEFORE INSERT ON outbox FOR EACH ROW
    WHEN (octet_length(NEW.input::text) > 1048576 OR octet_length(NEW.dedupe_key) > 2000
      OR octet_length(NEW.request_id) > 200 OR octet_length(NEW.traceparent) > 200)
    EXECUTE FUNCTION refuse_large_row('input: 1 MiB, dedupe_key: 2000 bytes, request_id and traceparent: 200')`.execute(
    db,
  );
}
