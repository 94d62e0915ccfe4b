import { sql } from 'kysely';
import type { Db } from '../../domain/database/schema.ts';

/** Does `work` while the database refuses rows of a table, new ones and changed ones, for which an SQL condition holds. */
export async function whileRefused(
  db: Db,
  table: string,
  condition: string,
  work: () => Promise<void>,
): Promise<void> {
  const constraint = sql`ALTER TABLE ${sql.id(table)}`;
  await sql`${constraint} ADD CONSTRAINT of_the_test CHECK (NOT (${sql.raw(condition)})) NOT VALID`.execute(
    db,
  );
  try {
    await work();
  } finally {
    await sql`${constraint} DROP CONSTRAINT of_the_test`.execute(db);
  }
}
