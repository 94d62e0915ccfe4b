import { sql, type Kysely } from 'kysely';

/**
 * What became of each committed start: which run it started or reached, and whether it was dropped because the job existed
 * or because the start was withdrawn. A start that was dropped is never marked as dispatched.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE outbox
      ADD COLUMN outcome text CHECK (outcome IN ('started', 'delivered', 'exists', 'withdrawn')),
      ADD COLUMN run_id text,
      ADD COLUMN withdrawn_at timestamptz,
      ADD COLUMN dropped_at timestamptz`.execute(db);
}
