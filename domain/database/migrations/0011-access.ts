import { sql, type Kysely } from 'kysely';

/**
 * API keys, of which the database knows a hash alone, and the audit trail of what was done with them. An entry of the trail
 * has no foreign key to its key: it outlives it, and not every actor has one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE api_keys (
      id text PRIMARY KEY,
      name text NOT NULL,
      role text NOT NULL CHECK (role IN ('viewer', 'operator')),
      secret_hash text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      last_used_at timestamptz,
      expires_at timestamptz,
      revoked_at timestamptz
    )`.execute(db);

  await sql`
    CREATE TABLE audit_entries (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      actor_id text NOT NULL,
      actor_name text NOT NULL,
      -- A path as it was asked for, without its query; the name of a command.
      target text NOT NULL,
      -- Method and route template, such as POST /api/orders/:id/cancel; null until that is known.
      action text,
      params jsonb NOT NULL DEFAULT '{}',
      reason text,
      request_id text,
      -- Null until it is known: an entry that stays so is of a process that died.
      outcome text CHECK (outcome IN ('done', 'refused', 'failed')),
      status smallint,
      problem_code text,
      ended_at timestamptz
    )`.execute(db);
  await sql`CREATE INDEX audit_entries_newest ON audit_entries (at DESC, id DESC)`.execute(db);
  await sql`CREATE INDEX audit_entries_actor ON audit_entries (actor_id, at DESC, id DESC)`.execute(db);
}
