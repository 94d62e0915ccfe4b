/** What hosted services do, for people to read, and who acts on a schedule just now. */
export const serviceTables = `
  CREATE TABLE durable_jobs.hosted_services (
    id text PRIMARY KEY,
    -- The worker that has it, or had it last, and from when until when.
    worker text,
    started_at timestamptz,
    ended_at timestamptz,
    busy boolean NOT NULL DEFAULT false,
    -- Units of work since the service was created.
    processed bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    last_activity_at timestamptz,
    last_error text,
    last_error_at timestamptz,
    -- Set while an operator holds it back.
    paused_at timestamptz
  );

  CREATE TABLE durable_jobs.schedule_turns (
    schedule_id text PRIMARY KEY,
    holder uuid,
    held_until timestamptz NOT NULL,
    -- The nominal time of the run that was triggered last: no other gets the same, as the engine names runs by it.
    last_triggered_at timestamptz
  );`;
