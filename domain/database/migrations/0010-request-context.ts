import { sql, type Kysely } from 'kysely';

/** Which request a committed start came from, and where it belongs in a trace: the relay makes it later, elsewhere. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE outbox ADD COLUMN request_id text, ADD COLUMN traceparent text`.execute(db);
}
