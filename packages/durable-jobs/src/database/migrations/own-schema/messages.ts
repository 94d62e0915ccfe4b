import { checksOf } from './checks.ts';

/** Notifies the channel of a table's name when rows were added to it, by any program. */
const notifyOfInserts = (table: string): string => `
  CREATE FUNCTION durable_jobs.notify_${table}() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM pg_notify(TG_TABLE_NAME, '');
    RETURN NULL;
  END $$;
  CREATE TRIGGER ${table}_notify AFTER INSERT ON durable_jobs.${table}
  FOR EACH STATEMENT EXECUTE FUNCTION durable_jobs.notify_${table}();`;

/** Finds ids in messages, whatever they are written in, so that an index can. */
const uuidsIn = `
  CREATE FUNCTION durable_jobs.uuids_in(body bytea, message_id text, correlation_id text, properties jsonb) RETURNS uuid[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array(
      SELECT DISTINCT found[1]::uuid
      FROM regexp_matches(
        concat_ws(' ', encode(body, 'escape'), message_id, correlation_id, properties),
        '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}', 'g') AS found)
  $$;`;

const byUuids = 'USING gin (durable_jobs.uuids_in(body, message_id, correlation_id, properties))';

/** Messages that are to be published, those that the embedded queue holds, and those that were dead-lettered. */
export const messageTables = `
  ${uuidsIn}

  CREATE TABLE durable_jobs.outgoing_messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    message_id text,
    correlation_id text,
    content_type text,
    properties jsonb NOT NULL DEFAULT '{}',
    body bytea NOT NULL,
    -- Of this message alone: a broker that is away counts for none.
    refusals integer NOT NULL DEFAULT 0,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    ${checksOf('outgoing_messages', {
      times: ['created_at', 'next_attempt_at', 'published_at'],
      counts: ['refusals'],
      names: ['queue'],
      objects: ['properties'],
    })}
  );
  CREATE INDEX outgoing_messages_pending ON durable_jobs.outgoing_messages (id) WHERE published_at IS NULL;
  CREATE INDEX outgoing_messages_published ON durable_jobs.outgoing_messages (published_at) WHERE published_at IS NOT NULL;
  -- Of what has ended: a message that is under way changes more than once, and would be searched for ids each time.
  CREATE INDEX outgoing_messages_uuids ON durable_jobs.outgoing_messages ${byUuids} WHERE published_at IS NOT NULL;
  ${notifyOfInserts('outgoing_messages')}

  CREATE TABLE durable_jobs.queued_messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    message_id text,
    correlation_id text,
    content_type text,
    properties jsonb NOT NULL DEFAULT '{}',
    body bytea NOT NULL,
    status text NOT NULL DEFAULT 'ready' CHECK (status IN ('ready', 'leased', 'accepted', 'dead')),
    -- When it may be handed out: after a release, or when a lease runs out.
    visible_at timestamptz NOT NULL DEFAULT now(),
    -- Who has it; a consumer whose lease ran out settles nothing.
    lease uuid,
    dead_reason text,
    queued_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    ${checksOf('queued_messages', {
      times: ['visible_at', 'queued_at', 'settled_at'],
      names: ['queue'],
      objects: ['properties'],
    })}
  );
  CREATE INDEX queued_messages_open ON durable_jobs.queued_messages (queue, id) WHERE status IN ('ready', 'leased');
  CREATE INDEX queued_messages_settled ON durable_jobs.queued_messages (settled_at) WHERE settled_at IS NOT NULL;
  CREATE INDEX queued_messages_uuids ON durable_jobs.queued_messages ${byUuids} WHERE settled_at IS NOT NULL;
  ${notifyOfInserts('queued_messages')}

  -- How often a message failed that is neither accepted nor dead-lettered yet: the same count on every broker.
  CREATE TABLE durable_jobs.message_failures (
    queue text NOT NULL,
    message_key text NOT NULL,
    failures integer NOT NULL DEFAULT 1,
    last_failed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (queue, message_key)
  );
  CREATE INDEX message_failures_last ON durable_jobs.message_failures (last_failed_at);

  CREATE TABLE durable_jobs.dead_letters (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    queue text NOT NULL,
    -- Of message id and body: while a dead letter is open, the same message makes no second one.
    digest text NOT NULL,
    message_id text,
    correlation_id text,
    content_type text,
    properties jsonb NOT NULL DEFAULT '{}',
    body bytea NOT NULL,
    reason_code text NOT NULL,
    reason text NOT NULL,
    times integer NOT NULL DEFAULT 1,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'requeued', 'discarded')),
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    discard_reason text
  );
  CREATE UNIQUE INDEX dead_letters_open ON durable_jobs.dead_letters (queue, digest) WHERE status = 'open';
  CREATE INDEX dead_letters_newest ON durable_jobs.dead_letters (first_seen_at DESC, id DESC);
  CREATE INDEX dead_letters_status ON durable_jobs.dead_letters (status, first_seen_at DESC, id DESC);
  CREATE INDEX dead_letters_resolved ON durable_jobs.dead_letters (resolved_at) WHERE resolved_at IS NOT NULL;
  CREATE INDEX dead_letters_uuids ON durable_jobs.dead_letters ${byUuids};`;
