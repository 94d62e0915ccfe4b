import { sql, type Kysely } from 'kysely';

/**
 * Uploads that are still coming in. Their items are committed to `bulk_items` batch by batch, and the row of their bulk job is
 * written when all of them are there: until then nothing that reads bulk jobs can see them, in the last release either. So an
 * item may be there before its job, which the foreign key forbids.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE bulk_uploads (
      id uuid PRIMARY KEY,
      received integer NOT NULL DEFAULT 0 CHECK (received >= 0),
      lease_expires_at timestamptz NOT NULL,
      abandoned_at timestamptz
    )`.execute(db);
  await sql`ALTER TABLE bulk_items DROP CONSTRAINT bulk_items_bulk_job_id_fkey`.execute(db);
}
