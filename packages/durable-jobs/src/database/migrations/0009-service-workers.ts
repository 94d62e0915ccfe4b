import { sql, type Kysely } from 'kysely';

/** The workers that run a service which runs on every worker, each with what it does. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE durable_jobs.hosted_service_workers (
      service_id text NOT NULL,
      worker text NOT NULL,
      started_at timestamptz NOT NULL DEFAULT now(),
      -- A worker that has not been seen for a while is gone.
      seen_at timestamptz NOT NULL DEFAULT now(),
      busy boolean NOT NULL DEFAULT false,
      processed bigint NOT NULL DEFAULT 0,
      failed bigint NOT NULL DEFAULT 0,
      last_activity_at timestamptz,
      last_error text,
      last_error_at timestamptz,
      PRIMARY KEY (service_id, worker)
    )`.execute(db);
}
