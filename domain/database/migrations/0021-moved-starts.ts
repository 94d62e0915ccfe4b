import { sql, type Kysely } from 'kysely';

/**
 * Runs whose start an operator moved or held back. Their workflows wait for it themselves, and the engine's index of runs
 * goes on naming the time that they were to begin at first.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE moved_starts (
      run_id text PRIMARY KEY,
      job_id text NOT NULL,
      place bigint GENERATED ALWAYS AS IDENTITY,
      moved_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
  await sql`CREATE INDEX moved_starts_by_place ON moved_starts (place)`.execute(db);
  await sql`CREATE INDEX moved_starts_by_job ON moved_starts (job_id)`.execute(db);
}
