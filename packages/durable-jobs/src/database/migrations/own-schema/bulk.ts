/**
 * Bulk jobs with an item a row. The counters stand on the job's row, so that its progress never counts a million items; they
 * change in the transactions that change the items.
 */
export const bulkTables = `
  CREATE TABLE durable_jobs.bulk_jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    task text NOT NULL,
    query text,
    origin_key text UNIQUE,
    status text NOT NULL DEFAULT 'queued'
      CHECK (status IN ('queued', 'running', 'paused', 'completed', 'cancelled')),
    total integer NOT NULL DEFAULT 0,
    done integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at timestamptz,
    rate_since timestamptz,
    rate_base integer NOT NULL DEFAULT 0
  );
  CREATE INDEX bulk_jobs_newest ON durable_jobs.bulk_jobs (created_at DESC, id DESC);
  CREATE INDEX bulk_jobs_ended ON durable_jobs.bulk_jobs (ended_at) WHERE ended_at IS NOT NULL;

  -- An item may be there before its job: see bulk_uploads.
  CREATE TABLE durable_jobs.bulk_items (
    bulk_job_id uuid NOT NULL,
    position integer NOT NULL,
    payload jsonb NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'failed')),
    attempts smallint NOT NULL DEFAULT 0,
    error_code text,
    error_message text,
    PRIMARY KEY (bulk_job_id, position)
  );
  CREATE INDEX bulk_items_pending ON durable_jobs.bulk_items (bulk_job_id, position) WHERE status = 'pending';
  CREATE INDEX bulk_items_failed ON durable_jobs.bulk_items (bulk_job_id, position) WHERE status = 'failed';

  -- Uploads that are still coming in. Their items are committed batch by batch, and their job when all of them are there.
  CREATE TABLE durable_jobs.bulk_uploads (
    id uuid PRIMARY KEY,
    received integer NOT NULL DEFAULT 0 CHECK (received >= 0),
    lease_expires_at timestamptz NOT NULL,
    abandoned_at timestamptz
  );`;
