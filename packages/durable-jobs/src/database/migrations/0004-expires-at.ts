import { sql, type Kysely } from 'kysely';
import { replaceFunction } from '../function-grants.ts';

/** Starts that are not made later than a time. Arguments of the function's former signature keep their places and names. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE durable_jobs.outbox
      -- The start is not made later than this.
      ADD COLUMN expires_at timestamptz,
      ADD CONSTRAINT outbox_expiry_check CHECK (expires_at >= timestamptz '1900-01-01 00:00:00+00'
        AND expires_at < timestamptz '2200-01-01 00:00:00+00') NOT VALID,
      DROP CONSTRAINT outbox_outcome_check,
      ADD CONSTRAINT outbox_outcome_check CHECK (outcome IN
        ('started', 'delivered', 'exists', 'withdrawn', 'dead', 'discarded', 'expired', 'skipped')) NOT VALID`.execute(
    db,
  );
  const former = 'durable_jobs.enqueue(text, jsonb, text, timestamptz, text, text)';
  await replaceFunction(db, { former, name: 'durable_jobs.enqueue' }, () =>
    sql`
    CREATE FUNCTION durable_jobs.enqueue(
      job_type text,
      input jsonb DEFAULT '{}',
      dedupe_key text DEFAULT NULL,
      start_at timestamptz DEFAULT NULL,
      request_id text DEFAULT NULL,
      traceparent text DEFAULT NULL,
      expires_at timestamptz DEFAULT NULL
    ) RETURNS bigint LANGUAGE plpgsql SET search_path = durable_jobs, pg_catalog, pg_temp AS $$
    DECLARE
      entry bigint;
      -- As the library makes it of a caller's own key.
      own_job_id text := lower(regexp_replace(job_type, '([A-Z])', '-\\1', 'g') COLLATE "C") || ':' || dedupe_key;
    BEGIN
      IF expires_at <= greatest(start_at, now()) THEN
        RAISE EXCEPTION 'expires_at must be later than start_at and than now'
          USING ERRCODE = 'invalid_parameter_value', DETAIL = format('expires_at is %s', expires_at);
      END IF;
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
        (job_type, job_id, input, dedupe_key, start_at, request_id, traceparent, next_attempt_at, is_checked, expires_at)
      VALUES
        (enqueue.job_type, own_job_id, enqueue.input, enqueue.dedupe_key, enqueue.start_at, enqueue.request_id,
         enqueue.traceparent, now(), false, enqueue.expires_at)
      RETURNING outbox.id INTO entry;
      PERFORM pg_notify('outbox', '');
      RETURN entry;
    END $$`.execute(db),
  );
}
