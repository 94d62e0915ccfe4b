import { sql, type Kysely } from 'kysely';

/**
 * Activities whose last attempt failed and that have not succeeded since: the engine's index of runs can't be asked for
 * them. The rows of one run share a `place` in the list, which they keep for as long as one of them is left.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE SEQUENCE failing_activities_place AS bigint`.execute(db);
  await sql`
    CREATE TABLE failing_activities (
      run_id text NOT NULL,
      activity_id text NOT NULL,
      job_id text NOT NULL,
      job_type text NOT NULL,
      activity_type text NOT NULL,
      attempt integer NOT NULL,
      failed_at timestamptz NOT NULL,
      error_code text NOT NULL,
      error_message text NOT NULL,
      place bigint NOT NULL,
      checked_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (run_id, activity_id)
    )`.execute(db);
  await sql`ALTER SEQUENCE failing_activities_place OWNED BY failing_activities.place`.execute(db);
  await sql`CREATE INDEX failing_activities_by_place ON failing_activities (place)`.execute(db);
  await sql`CREATE INDEX failing_activities_by_check ON failing_activities (checked_at)`.execute(db);
  await sql`CREATE INDEX failing_activities_by_job ON failing_activities (job_id)`.execute(db);
}
