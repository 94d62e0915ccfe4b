import { sql, type Kysely } from 'kysely';

/** The clean-up finds starts that were dropped by their age, as it finds those that were made. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE INDEX outbox_dropped ON outbox (dropped_at) WHERE dropped_at IS NOT NULL`.execute(db);
}
