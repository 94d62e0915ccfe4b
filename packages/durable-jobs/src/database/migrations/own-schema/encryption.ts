/**
 * The keys of people, each encrypted with a key of the ring, and which keys of the ring were used. Destroying a person's key
 * leaves its row, so that no other key takes its place.
 */
export const encryptionTables = `
  CREATE TABLE durable_jobs.subject_keys (
    id uuid PRIMARY KEY,
    subject text NOT NULL UNIQUE,
    ring_key_id text NOT NULL,
    wrapped_key bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL))
  );

  CREATE TABLE durable_jobs.payload_keys (
    id text PRIMARY KEY,
    fingerprint text NOT NULL,
    first_used_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now()
  );`;
