import { checksOf } from './checks.ts';

/** Starts that are committed, and what is known of runs besides their histories. */
export const jobTables = `
  CREATE TABLE durable_jobs.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_type text NOT NULL,
    job_id text NOT NULL,
    input jsonb NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Until then the relay leaves the entry to the request that wrote it.
    next_attempt_at timestamptz NOT NULL,
    dispatched_at timestamptz,
    dedupe_key text,
    start_at timestamptz,
    request_id text,
    traceparent text,
    retry jsonb,
    outcome text CHECK (outcome IN ('started', 'delivered', 'exists', 'withdrawn')),
    run_id text,
    withdrawn_at timestamptz,
    dropped_at timestamptz,
    ${checksOf('outbox', {
      times: ['start_at', 'created_at', 'next_attempt_at', 'dispatched_at', 'withdrawn_at', 'dropped_at'],
      counts: ['attempts'],
      names: ['job_type', 'job_id'],
      objects: ['input'],
    })}
  );
  CREATE INDEX outbox_undispatched ON durable_jobs.outbox (id) WHERE dispatched_at IS NULL;
  CREATE INDEX outbox_job ON durable_jobs.outbox (job_id);
  CREATE INDEX outbox_dispatched ON durable_jobs.outbox (dispatched_at) WHERE dispatched_at IS NOT NULL;
  CREATE INDEX outbox_dropped ON durable_jobs.outbox (dropped_at) WHERE dropped_at IS NOT NULL;
  -- The engine's messages have 4 MiB at most.
  CREATE TRIGGER outbox_size BEFORE INSERT ON durable_jobs.outbox FOR EACH ROW
  WHEN (octet_length(NEW.input::text) > 1048576 OR octet_length(NEW.dedupe_key) > 2000
    OR octet_length(NEW.request_id) > 200 OR octet_length(NEW.traceparent) > 200)
  EXECUTE FUNCTION durable_jobs.refuse_large_row('input: 1 MiB, dedupe_key: 2000 bytes, request_id and traceparent: 200');

  CREATE TABLE durable_jobs.job_retries (
    job_id text NOT NULL,
    run_id text NOT NULL,
    new_run_id text,
    reason text,
    requested_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, run_id)
  );

  CREATE TABLE durable_jobs.failed_attempts (
    job_id text NOT NULL,
    run_id text NOT NULL,
    activity_id text NOT NULL,
    activity_type text NOT NULL,
    attempt integer NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    error_code text NOT NULL,
    error_message text NOT NULL,
    PRIMARY KEY (job_id, run_id, activity_id, attempt)
  );
  CREATE INDEX failed_attempts_ended ON durable_jobs.failed_attempts (ended_at);

  CREATE SEQUENCE durable_jobs.failing_activities_place AS bigint;
  CREATE TABLE durable_jobs.failing_activities (
    run_id text NOT NULL,
    activity_id text NOT NULL,
    job_id text NOT NULL,
    job_type text NOT NULL,
    activity_type text NOT NULL,
    attempt integer NOT NULL,
    failed_at timestamptz NOT NULL,
    error_code text NOT NULL,
    error_message text NOT NULL,
    -- The rows of one run share a place, which they keep for as long as one of them is left.
    place bigint NOT NULL,
    checked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run_id, activity_id)
  );
  ALTER SEQUENCE durable_jobs.failing_activities_place OWNED BY durable_jobs.failing_activities.place;
  CREATE INDEX failing_activities_by_place ON durable_jobs.failing_activities (place);
  CREATE INDEX failing_activities_by_check ON durable_jobs.failing_activities (checked_at);
  CREATE INDEX failing_activities_by_job ON durable_jobs.failing_activities (job_id);

  CREATE TABLE durable_jobs.moved_starts (
    run_id text PRIMARY KEY,
    job_id text NOT NULL,
    place bigint GENERATED ALWAYS AS IDENTITY,
    moved_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX moved_starts_by_place ON durable_jobs.moved_starts (place);
  CREATE INDEX moved_starts_by_job ON durable_jobs.moved_starts (job_id);`;
