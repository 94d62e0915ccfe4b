import { sql, type Kysely } from 'kysely';

/** Finds the newest groups of jobs, and adds the cancellations that SQL requests. A start that is not made is withdrawn at once; a hosted service carries out the rest. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE durable_jobs.job_cancellations (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      job_id text NOT NULL,
      -- Starts that are committed later are not meant.
      up_to_entry_id bigint NOT NULL,
      reason text,
      requested_by text NOT NULL DEFAULT session_user,
      created_at timestamptz NOT NULL DEFAULT now(),
      next_attempt_at timestamptz NOT NULL DEFAULT now(),
      attempts integer NOT NULL DEFAULT 0,
      last_error text,
      ended_at timestamptz,
      outcome text,
      -- Why it was refused.
      detail text,
      CONSTRAINT job_cancellations_names_check CHECK
        (length(job_id) <= 1000 AND btrim(job_id) <> '' AND job_id !~ '[[:cntrl:]]'
          AND length(reason) <= 500 AND btrim(reason) <> '' AND reason !~ '[[:cntrl:]]'),
      CONSTRAINT job_cancellations_outcome_check CHECK
        (outcome IN ('withdrawn', 'requested', 'refused', 'nothing_to_cancel') AND (ended_at IS NULL) = (outcome IS NULL))
    )`.execute(db);
  await sql`
    CREATE INDEX job_groups_created ON durable_jobs.job_groups (created_at, id);
    CREATE INDEX job_cancellations_due ON durable_jobs.job_cancellations (next_attempt_at) WHERE ended_at IS NULL;
    CREATE INDEX job_cancellations_ended ON durable_jobs.job_cancellations (ended_at) WHERE ended_at IS NOT NULL`.execute(
    db,
  );
  await sql`
    CREATE FUNCTION durable_jobs.cancel(
      job_type text DEFAULT NULL,
      key text DEFAULT NULL,
      job_id text DEFAULT NULL,
      reason text DEFAULT NULL
    ) RETURNS bigint LANGUAGE plpgsql SET search_path = durable_jobs, pg_catalog, pg_temp AS $$
    DECLARE
      cancellation bigint;
      meant_job_id text := coalesce(cancel.job_id,
        lower(regexp_replace(job_type, '([A-Z])', '-\\1', 'g') COLLATE "C") || ':' || key);
    BEGIN
      IF num_nonnulls(job_type, key) NOT IN (0, 2) OR num_nonnulls(job_type, cancel.job_id) <> 1 THEN
        RAISE EXCEPTION 'give job_type and key, or job_id' USING ERRCODE = 'invalid_parameter_value';
      END IF;
      -- Nobody begins to make these starts after the commit. Whether the job's rules agree is decided before they are dropped.
      UPDATE outbox SET withdrawn_at = now(), next_attempt_at = '2199-01-01 00:00:00+00'
      WHERE outbox.job_id = meant_job_id
        AND dispatched_at IS NULL AND dropped_at IS NULL AND withdrawn_at IS NULL;
      INSERT INTO job_cancellations (job_id, up_to_entry_id, reason)
      SELECT meant_job_id, coalesce(max(outbox.id), 0), cancel.reason FROM outbox
      RETURNING job_cancellations.id INTO cancellation;
      PERFORM pg_notify('job_ends', '');
      RETURN cancellation;
    END $$`.execute(db);
}
