import { sql, type Kysely } from 'kysely';

/**
 * Who acts on a schedule just now: the engine loses commands to one schedule that come at the same moment. A turn that its holder
 * did not give back is over after a while.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE schedule_turns (
      schedule_id text PRIMARY KEY,
      holder uuid,
      held_until timestamptz NOT NULL,
      -- The nominal time of the run that was triggered last: no other gets the same, as the engine names runs by it.
      last_triggered_at timestamptz
    )`.execute(db);
}
