import { sql, type Kysely } from 'kysely';
import { replaceFunction } from '../function-grants.ts';

/**
 * Jobs that start when others have ended. A start that waits for that is a held entry of the outbox, and each end that is waited for
 * is a row of `awaited_jobs`: of a held start, or of a group, whose completion is a held start itself.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Held entries are not made until what they wait for has ended.
    ALTER TABLE durable_jobs.outbox ADD COLUMN is_held boolean NOT NULL DEFAULT false`.execute(db);
  await sql`
    CREATE TABLE durable_jobs.job_groups (
      id text PRIMARY KEY,
      created_at timestamptz NOT NULL DEFAULT now(),
      -- Since when it takes no more jobs.
      closed_at timestamptz,
      completed_at timestamptz,
      -- The start of the job that completes it, and the field of its input that gets the counts.
      completion_entry_id bigint REFERENCES durable_jobs.outbox ON DELETE CASCADE,
      counts_as text,
      CONSTRAINT job_groups_names_check CHECK (length(id) <= 200 AND btrim(id) <> '' AND id !~ '[[:cntrl:]]')
    )`.execute(db);
  await sql`
    CREATE TABLE durable_jobs.awaited_jobs (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      -- Who waits: a held start, which is made if the job ends so, or a group.
      held_entry_id bigint REFERENCES durable_jobs.outbox ON DELETE CASCADE,
      awaited_end text,
      group_id text REFERENCES durable_jobs.job_groups ON DELETE CASCADE,
      -- Which job: that of the newest start of this job up to this entry, or of this entry where no job is named.
      job_id text,
      up_to_entry_id bigint NOT NULL,
      -- The run whose end counts, once it is known.
      run_id text,
      created_at timestamptz NOT NULL DEFAULT now(),
      next_check_at timestamptz NOT NULL DEFAULT now(),
      ended_at timestamptz,
      ended_as text,
      -- The start that was not made, where it ended so.
      unmade_entry_id bigint,
      CONSTRAINT awaited_jobs_end_check CHECK (awaited_end IN ('completes', 'fails', 'ends')),
      CONSTRAINT awaited_jobs_ended_check CHECK
        (ended_as IN ('completed', 'failed', 'cancelled', 'terminated', 'not_started', 'unknown')),
      CONSTRAINT awaited_jobs_waits_check CHECK (num_nonnulls(held_entry_id, group_id) = 1
        AND (held_entry_id IS NULL) = (awaited_end IS NULL) AND (ended_at IS NULL) = (ended_as IS NULL)),
      CONSTRAINT awaited_jobs_names_check CHECK (length(job_id) <= 1000 AND btrim(job_id) <> '' AND job_id !~ '[[:cntrl:]]')
    )`.execute(db);
  await sql`
    CREATE INDEX job_groups_open ON durable_jobs.job_groups (id) WHERE completed_at IS NULL;
    CREATE INDEX job_groups_completion ON durable_jobs.job_groups (completion_entry_id);
    CREATE INDEX awaited_jobs_due ON durable_jobs.awaited_jobs (next_check_at) WHERE ended_at IS NULL;
    CREATE INDEX awaited_jobs_job ON durable_jobs.awaited_jobs (job_id);
    CREATE INDEX awaited_jobs_unmade ON durable_jobs.awaited_jobs (unmade_entry_id) WHERE unmade_entry_id IS NOT NULL;
    CREATE INDEX awaited_jobs_unnamed ON durable_jobs.awaited_jobs (up_to_entry_id) WHERE job_id IS NULL;
    CREATE INDEX awaited_jobs_held ON durable_jobs.awaited_jobs (held_entry_id);
    CREATE UNIQUE INDEX awaited_jobs_group ON durable_jobs.awaited_jobs (group_id, up_to_entry_id);
    CREATE INDEX awaited_jobs_group_open ON durable_jobs.awaited_jobs (group_id)
      WHERE group_id IS NOT NULL AND ended_at IS NULL`.execute(db);
  const former = 'durable_jobs.enqueue(text, jsonb, text, timestamptz, text, text, timestamptz)';
  await replaceFunction(db, { former, name: 'durable_jobs.enqueue' }, () =>
    sql`
    CREATE FUNCTION durable_jobs.enqueue(
      job_type text,
      input jsonb DEFAULT '{}',
      dedupe_key text DEFAULT NULL,
      start_at timestamptz DEFAULT NULL,
      request_id text DEFAULT NULL,
      traceparent text DEFAULT NULL,
      expires_at timestamptz DEFAULT NULL,
      after_job text DEFAULT NULL,
      after_start bigint DEFAULT NULL,
      after_when text DEFAULT 'completes',
      group_id text DEFAULT NULL,
      job_id text DEFAULT NULL
    ) RETURNS bigint LANGUAGE plpgsql SET search_path = durable_jobs, pg_catalog, pg_temp AS $$
    DECLARE
      entry bigint;
      -- As the library makes it of a caller's own key.
      own_job_id text := lower(regexp_replace(job_type, '([A-Z])', '-\\1', 'g') COLLATE "C") || ':' || dedupe_key;
      known_job_id text := coalesce(own_job_id, enqueue.job_id);
      waits boolean := after_job IS NOT NULL OR after_start IS NOT NULL;
    BEGIN
      IF expires_at <= greatest(start_at, now()) THEN
        RAISE EXCEPTION 'expires_at must be later than start_at and than now'
          USING ERRCODE = 'invalid_parameter_value', DETAIL = format('expires_at is %s', expires_at);
      END IF;
      IF after_job IS NOT NULL AND after_start IS NOT NULL THEN
        RAISE EXCEPTION 'give after_job or after_start, not both' USING ERRCODE = 'invalid_parameter_value';
      END IF;
      IF after_when IS NULL OR after_when NOT IN ('completes', 'fails', 'ends') THEN
        RAISE EXCEPTION 'after_when must be completes, fails or ends'
          USING ERRCODE = 'invalid_parameter_value', DETAIL = format('after_when is %L', after_when);
      END IF;
      IF after_start IS NOT NULL AND NOT EXISTS (SELECT FROM outbox WHERE outbox.id = after_start) THEN
        RAISE EXCEPTION 'the start % does not exist', after_start USING ERRCODE = 'invalid_parameter_value';
      END IF;
      IF own_job_id IS NOT NULL THEN
        -- Held until the commit: another caller with the same key waits here, and then finds the entry.
        PERFORM pg_advisory_xact_lock(hashtextextended(own_job_id, 0));
        SELECT outbox.id INTO entry FROM outbox
        WHERE outbox.job_id = own_job_id AND outbox.dedupe_key = enqueue.dedupe_key
        ORDER BY outbox.id LIMIT 1;
      END IF;
      IF entry IS NULL THEN
        INSERT INTO outbox
          (job_type, job_id, input, dedupe_key, start_at, request_id, traceparent, next_attempt_at, is_checked,
           expires_at, is_held)
        VALUES
          (enqueue.job_type, known_job_id, enqueue.input, enqueue.dedupe_key, enqueue.start_at, enqueue.request_id,
           enqueue.traceparent, CASE WHEN waits THEN '2199-01-01 00:00:00+00' ELSE now() END, false,
           enqueue.expires_at, waits)
        RETURNING outbox.id INTO entry;
        IF waits THEN
          INSERT INTO awaited_jobs (held_entry_id, awaited_end, job_id, up_to_entry_id)
          VALUES (entry, after_when, after_job, coalesce(after_start, entry - 1));
          PERFORM pg_notify('job_ends', '');
        ELSE
          PERFORM pg_notify('outbox', '');
        END IF;
      END IF;
      IF group_id IS NOT NULL THEN
        INSERT INTO job_groups (id) VALUES (enqueue.group_id) ON CONFLICT DO NOTHING;
        -- Keeps the group open until the commit.
        PERFORM FROM job_groups WHERE job_groups.id = enqueue.group_id AND closed_at IS NULL FOR SHARE;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'the group % takes no more jobs', quote_literal(enqueue.group_id)
            USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        INSERT INTO awaited_jobs (group_id, job_id, up_to_entry_id)
        VALUES (enqueue.group_id, known_job_id, entry) ON CONFLICT DO NOTHING;
      END IF;
      RETURN entry;
    END $$`.execute(db),
  );
  await sql`
    CREATE FUNCTION durable_jobs.complete_group(
      group_id text,
      job_type text,
      input jsonb DEFAULT '{}',
      dedupe_key text DEFAULT NULL,
      counts_as text DEFAULT NULL,
      request_id text DEFAULT NULL,
      traceparent text DEFAULT NULL,
      job_id text DEFAULT NULL
    ) RETURNS bigint LANGUAGE plpgsql SET search_path = durable_jobs, pg_catalog, pg_temp AS $$
    DECLARE
      entry bigint;
      closed timestamptz;
    BEGIN
      INSERT INTO job_groups (id) VALUES (complete_group.group_id) ON CONFLICT DO NOTHING;
      -- Waits for those that add jobs to it, and keeps others out.
      SELECT completion_entry_id, closed_at INTO entry, closed FROM job_groups
      WHERE job_groups.id = complete_group.group_id FOR UPDATE;
      IF closed IS NOT NULL THEN
        RETURN entry;
      END IF;
      INSERT INTO outbox
        (job_type, job_id, input, dedupe_key, request_id, traceparent, next_attempt_at, is_checked, is_held)
      VALUES
        (complete_group.job_type,
         coalesce(lower(regexp_replace(complete_group.job_type, '([A-Z])', '-\\1', 'g') COLLATE "C")
           || ':' || complete_group.dedupe_key, complete_group.job_id),
         -- Its job's schema is held against these counts until the real ones are known.
         complete_group.input || CASE WHEN counts_as IS NULL THEN '{}' ELSE jsonb_build_object(complete_group.counts_as,
           jsonb_build_object('total', 0, 'completed', 0, 'failed', 0, 'cancelled', 0, 'terminated', 0, 'notStarted', 0, 'unknown', 0)) END,
         complete_group.dedupe_key, complete_group.request_id, complete_group.traceparent,
         '2199-01-01 00:00:00+00', false, true)
      RETURNING outbox.id INTO entry;
      UPDATE job_groups SET closed_at = now(), completion_entry_id = entry, counts_as = complete_group.counts_as
      WHERE job_groups.id = complete_group.group_id;
      PERFORM pg_notify('job_ends', '');
      RETURN entry;
    END $$`.execute(db);
}
