import { sql, type Kysely } from 'kysely';

/**
 * `withdrawn`: an email that was not sent because it was not true any more. Whoever wrote a row for the service may also set
 * it, as long as the row is pending.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE emails
      DROP CONSTRAINT emails_status_check,
      ADD CONSTRAINT emails_status_check
        CHECK (status IN ('pending', 'sent', 'dead', 'withdrawn')) NOT VALID`.execute(db);
}
