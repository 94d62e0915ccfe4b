import { sql, type Kysely } from 'kysely';

/**
 * Starts that SQL commits, and starts that can't be made. SQL does not know the business key that a job makes of its input, so the
 * relay, which does, gives such a start its job's id and checks its input first.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE durable_jobs.outbox
      -- Null until the relay has checked the start.
      ALTER COLUMN job_id DROP NOT NULL,
      -- Whether type and input were checked before they were committed.
      ADD COLUMN is_checked boolean NOT NULL DEFAULT true,
      -- Since when it can't be made.
      ADD COLUMN refused_at timestamptz,
      ADD COLUMN dead_code text,
      ADD COLUMN discard_reason text,
      DROP CONSTRAINT outbox_outcome_check,
      ADD CONSTRAINT outbox_outcome_check
        CHECK (outcome IN ('started', 'delivered', 'exists', 'withdrawn', 'dead', 'discarded')) NOT VALID`.execute(
    db,
  );
  await sql`
    CREATE FUNCTION durable_jobs.enqueue(
      job_type text,
      input jsonb DEFAULT '{}',
      dedupe_key text DEFAULT NULL,
      start_at timestamptz DEFAULT NULL,
      request_id text DEFAULT NULL,
      traceparent text DEFAULT NULL
    ) RETURNS bigint LANGUAGE plpgsql SET search_path = durable_jobs, pg_catalog, pg_temp AS $$
    DECLARE
      entry bigint;
      -- As the library makes it of a caller's own key.
      own_job_id text := lower(regexp_replace(job_type, '([A-Z])', '-\\1', 'g') COLLATE "C") || ':' || dedupe_key;
    BEGIN
      IF own_job_id IS NOT NULL THEN
        -- Held until the commit: another caller with the same key waits here, and then finds the entry.
        PERFORM pg_advisory_xact_lock(hashtextextended(own_job_id, 0));
        SELECT outbox.id INTO entry FROM outbox
        WHERE outbox.job_id = own_job_id AND outbox.dedupe_key = enqueue.dedupe_key
        ORDER BY outbox.id LIMIT 1;
        IF FOUND THEN
          RETURN entry;
        END IF;
      END IF;
      INSERT INTO outbox
        (job_type, job_id, input, dedupe_key, start_at, request_id, traceparent, next_attempt_at, is_checked)
      VALUES
        (enqueue.job_type, own_job_id, enqueue.input, enqueue.dedupe_key, enqueue.start_at, enqueue.request_id,
         enqueue.traceparent, now(), false)
      RETURNING outbox.id INTO entry;
      PERFORM pg_notify('outbox', '');
      RETURN entry;
    END $$`.execute(db);
}
