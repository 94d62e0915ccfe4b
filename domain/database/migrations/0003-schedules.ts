import { sql, type Kysely } from 'kysely';

/** What a job that people start may say: a key of its own for de-duplication, and a time before which it does not run. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE outbox ADD COLUMN dedupe_key text, ADD COLUMN start_at timestamptz`.execute(db);
}
