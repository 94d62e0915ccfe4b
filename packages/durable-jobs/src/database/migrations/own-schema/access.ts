/**
 * API keys, of which the database knows a hash alone, the audit trail of what was done with them, and the answers that
 * repeated requests get. An entry of the trail has no foreign key to its key: it outlives it, and not every actor has one.
 */
export const accessTables = `
  CREATE TABLE durable_jobs.api_keys (
    id text PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'operator')),
    secret_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz
  );

  CREATE TABLE durable_jobs.audit_entries (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    -- The path of a request, without its query; the name of a command.
    target text NOT NULL,
    -- Method and route template, such as POST /api/jobs/:id/cancel; null until that is known.
    action text,
    params jsonb NOT NULL DEFAULT '{}',
    reason text,
    request_id text,
    -- Null until it is known: an entry that stays so is of a process that died.
    outcome text CHECK (outcome IN ('done', 'refused', 'failed')),
    status smallint,
    problem_code text,
    ended_at timestamptz
  );
  CREATE INDEX audit_entries_newest ON durable_jobs.audit_entries (at DESC, id DESC);
  CREATE INDEX audit_entries_actor ON durable_jobs.audit_entries (actor_id, at DESC, id DESC);
  CREATE INDEX audit_entries_actor_name ON durable_jobs.audit_entries (actor_name, at DESC, id DESC);
  CREATE INDEX audit_entries_action ON durable_jobs.audit_entries (action, at DESC, id DESC);
  CREATE INDEX audit_entries_target ON durable_jobs.audit_entries (target, at DESC, id DESC);
  CREATE INDEX audit_entries_params ON durable_jobs.audit_entries
    USING gin (jsonb_path_query_array(params, '$.*') jsonb_path_ops);
  CREATE INDEX audit_entries_outcome ON durable_jobs.audit_entries (outcome, at DESC, id DESC);

  CREATE TABLE durable_jobs.idempotency_keys (
    scope text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    -- json rather than jsonb: a replayed answer keeps the order of its fields.
    response json,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
  );
  CREATE INDEX idempotency_keys_expiry ON durable_jobs.idempotency_keys (expires_at);`;
