import { sql } from 'kysely';
import type { Db } from './connect.ts';
import { whileDatabaseAnswers } from './unavailable.ts';

/**
 * Asks the database for nothing, on any connection: that bounded work uses its share says nothing about the database.
 * @throws its error if it does not answer.
 */
export async function checkDatabase(db: Db): Promise<void> {
  await whileDatabaseAnswers(() => sql`select 1`.execute(db), 'all');
}
