import { checksOf } from './checks.ts';

/** The work queue. */
export const workQueueTables = `
  CREATE TABLE durable_jobs.work_items (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind text NOT NULL,
    payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'completed', 'dead')),
    -- Attempts that were begun since it was enqueued, or requeued.
    attempts integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT now(),
    -- Made again by each claim: only the worker that has it may renew, complete or fail the item.
    lease_token uuid,
    lease_expires_at timestamptz,
    -- When it may be claimed: a lease that is not renewed any more makes a running item due again.
    due_at timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(lease_expires_at, not_before)) STORED,
    last_error_code text,
    last_error_message text,
    last_error_at timestamptz,
    dedupe_key text,
    result jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- When its last attempt began.
    started_at timestamptz,
    -- When it was completed, or died.
    ended_at timestamptz,
    CHECK ((status = 'running') = (lease_token IS NOT NULL)),
    CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
    CHECK ((status IN ('completed', 'dead')) = (ended_at IS NOT NULL)),
    ${checksOf('work_items', {
      times: ['not_before', 'lease_expires_at', 'last_error_at', 'created_at', 'started_at', 'ended_at'],
      counts: ['attempts'],
      names: ['kind'],
      objects: ['payload'],
    })}
  );
  -- A kind that nobody handles must not stand in the way of the others.
  CREATE INDEX work_items_due_of_kind ON durable_jobs.work_items (kind, due_at) WHERE status IN ('pending', 'running');
  CREATE UNIQUE INDEX work_items_dedupe ON durable_jobs.work_items (kind, dedupe_key) WHERE dedupe_key IS NOT NULL;
  CREATE INDEX work_items_newest ON durable_jobs.work_items (created_at DESC, id DESC);
  CREATE INDEX work_items_newest_of_kind ON durable_jobs.work_items (kind, created_at DESC, id DESC);
  CREATE INDEX work_items_dead ON durable_jobs.work_items (created_at DESC, id DESC) WHERE status = 'dead';
  CREATE INDEX work_items_dead_of_kind ON durable_jobs.work_items (kind) WHERE status = 'dead';
  CREATE INDEX work_items_completed ON durable_jobs.work_items (ended_at) WHERE status = 'completed';

  -- Whoever inserts an item, or makes one due by SQL, wakes the service that processes them.
  CREATE FUNCTION durable_jobs.notify_work_items() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify('work_items', '');
    RETURN NULL;
  END $$;
  CREATE TRIGGER work_items_inserted AFTER INSERT ON durable_jobs.work_items
  FOR EACH STATEMENT EXECUTE FUNCTION durable_jobs.notify_work_items();
  CREATE TRIGGER work_items_pending AFTER UPDATE OF status, not_before ON durable_jobs.work_items
  FOR EACH ROW WHEN (NEW.status = 'pending') EXECUTE FUNCTION durable_jobs.notify_work_items();

  CREATE TRIGGER work_items_size BEFORE INSERT ON durable_jobs.work_items FOR EACH ROW
  WHEN (octet_length(NEW.kind) > 800 OR octet_length(NEW.dedupe_key) > 2000
    OR octet_length(NEW.payload::text) > 1048576 OR octet_length(NEW.result::text) > 1048576)
  EXECUTE FUNCTION durable_jobs.refuse_large_row('kind: 800 bytes, dedupe_key: 2000, payload and result: 1 MiB');`;
