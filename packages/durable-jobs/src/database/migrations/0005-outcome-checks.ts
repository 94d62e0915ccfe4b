import { sql, type Kysely } from 'kysely';

export const transactional = false;

/** Has the server rely on the checks that 0004 added, without a lock that keeps others from writing. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE durable_jobs.outbox VALIDATE CONSTRAINT outbox_outcome_check`.execute(db);
  await sql`ALTER TABLE durable_jobs.outbox VALIDATE CONSTRAINT outbox_expiry_check`.execute(db);
}
