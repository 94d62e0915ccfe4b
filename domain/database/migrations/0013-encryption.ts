import { sql, type Kysely } from 'kysely';

/**
 * What payloads are encrypted with: the own keys of people, each encrypted with a key of the ring, and which keys of the
 * ring were used. Destroying a person's key leaves its row, so that no other key takes its place.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE subject_keys (
      id uuid PRIMARY KEY,
      subject text NOT NULL UNIQUE,
      ring_key_id text NOT NULL,
      wrapped_key bytea,
      created_at timestamptz NOT NULL DEFAULT now(),
      destroyed_at timestamptz,
      CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL))
    )`.execute(db);
  await sql`
    CREATE TABLE payload_keys (
      id text PRIMARY KEY,
      fingerprint text NOT NULL,
      first_used_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
  await sql`ALTER TABLE users ADD COLUMN erased_at timestamptz`.execute(db);
}
