import { sql, type Kysely } from 'kysely';

/** When each payload key last encrypted something: what began later cannot need it. Of earlier use nothing is known. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE payload_keys ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT now()`.execute(db);
}
