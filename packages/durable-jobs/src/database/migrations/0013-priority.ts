import { sql, type Kysely } from 'kysely';
import { replaceFunction } from '../function-grants.ts';

/**
 * Priority and fairness of starts. Null stands for the definition of the job, and after the check of the start for the default. Arguments of
 * the function's former signature keep their places and names.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE durable_jobs.outbox
      ADD COLUMN priority smallint,
      -- In the order of bytes: the relay steps from one key to the next.
      ADD COLUMN fairness_key text COLLATE "C",
      ADD COLUMN fairness_weight float8,
      ADD CONSTRAINT outbox_priority_check CHECK (priority BETWEEN 1 AND 5) NOT VALID,
      ADD CONSTRAINT outbox_fairness_check CHECK (octet_length(fairness_key) <= 64 AND btrim(fairness_key) <> ''
        AND fairness_key !~ '[[:cntrl:]]') NOT VALID,
      ADD CONSTRAINT outbox_weight_check CHECK (fairness_weight BETWEEN 0.001 AND 1000
        AND (fairness_weight IS NULL OR fairness_key IS NOT NULL)) NOT VALID`.execute(db);
  const former =
    'durable_jobs.enqueue(text, jsonb, text, timestamptz, text, text, timestamptz, text, bigint, text, text, text, boolean)';
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
      job_id text DEFAULT NULL,
      -- For the library: it has checked the type and the input, which is as the job's schema returned it.
      is_checked boolean DEFAULT false,
      -- Null: as the job's definition says.
      priority integer DEFAULT NULL,
      fairness_key text DEFAULT NULL,
      fairness_weight float8 DEFAULT NULL
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
      IF enqueue.priority NOT BETWEEN 1 AND 5 THEN
        RAISE EXCEPTION 'priority must be a whole number from 1 to 5'
          USING ERRCODE = 'invalid_parameter_value', DETAIL = format('priority is %s', enqueue.priority);
      END IF;
      IF octet_length(enqueue.fairness_key) > 64 OR btrim(enqueue.fairness_key) = '' OR enqueue.fairness_key ~ '[[:cntrl:]]' THEN
        RAISE EXCEPTION 'fairness_key must be one line of 1 to 64 bytes' USING ERRCODE = 'invalid_parameter_value';
      END IF;
      IF enqueue.fairness_weight NOT BETWEEN 0.001 AND 1000 THEN
        RAISE EXCEPTION 'fairness_weight must be a number from 0.001 to 1000'
          USING ERRCODE = 'invalid_parameter_value', DETAIL = format('fairness_weight is %s', enqueue.fairness_weight);
      END IF;
      IF enqueue.fairness_weight IS NOT NULL AND enqueue.fairness_key IS NULL THEN
        RAISE EXCEPTION 'fairness_weight requires a fairness_key' USING ERRCODE = 'invalid_parameter_value';
      END IF;
      IF after_job IS NOT NULL AND after_start IS NOT NULL THEN
        RAISE EXCEPTION 'give after_job or after_start, not both' USING ERRCODE = 'invalid_parameter_value';
      END IF;
      IF dedupe_key = '' THEN
        RAISE EXCEPTION 'dedupe_key must not be empty' USING ERRCODE = 'invalid_parameter_value';
      END IF;
      IF enqueue.job_id !~ '^-?[a-z][a-z0-9_.-]*:.' THEN
        RAISE EXCEPTION 'job_id must be a job id such as send-invoice:4711'
          USING ERRCODE = 'invalid_parameter_value', DETAIL = format('job_id is %L', enqueue.job_id);
      END IF;
      IF char_length(known_job_id) > 255 OR octet_length(known_job_id) > 1000 THEN
        RAISE EXCEPTION 'the key must be shorter: the id of the job would exceed 255 characters or 1000 bytes'
          USING ERRCODE = 'invalid_parameter_value';
      END IF;
      IF after_job !~ '^-?[a-z][a-z0-9_.-]*:.' OR octet_length(after_job) > 1000 THEN
        RAISE EXCEPTION 'after_job must be a job id such as send-invoice:4711'
          USING ERRCODE = 'invalid_parameter_value', DETAIL = format('after_job is %L', after_job);
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
           expires_at, is_held, priority, fairness_key, fairness_weight)
        VALUES
          (enqueue.job_type, known_job_id, enqueue.input, enqueue.dedupe_key, enqueue.start_at, enqueue.request_id,
           enqueue.traceparent, CASE WHEN waits THEN '2199-01-01 00:00:00+00' ELSE now() END, enqueue.is_checked,
           enqueue.expires_at, waits, enqueue.priority, enqueue.fairness_key, enqueue.fairness_weight)
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
}
