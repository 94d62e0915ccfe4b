import { sql, type Kysely } from 'kysely';

/** Completes a work item of a worker that still has it, in the transaction of its effects. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE FUNCTION durable_jobs.complete_work_item(item_id uuid, token uuid, item_result jsonb) RETURNS void
    LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE durable_jobs.work_items
      SET status = 'completed', lease_token = NULL, lease_expires_at = NULL, ended_at = clock_timestamp(), result = item_result
      WHERE id = item_id AND lease_token = token;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease of work item % was lost', item_id USING ERRCODE = 'DJ001';
      END IF;
    END $$`.execute(db);
}
