import { sql } from 'kysely';
import type { Db } from '../../domain/database/schema.ts';

/**
 * Makes each insert into a table take this long, so that work is still in its middle when a busy machine sees that it has begun. Returns a
 * function that ends this.
 */
export async function slowInserts(db: Db, table: string, seconds: number): Promise<() => Promise<void>> {
  const name = sql.id(`slow_${table}`);
  const wait = (time: number): Promise<unknown> =>
    sql`CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_sleep(${sql.lit(time)}); RETURN NEW; END $$`.execute(db);
  await wait(seconds);
  await sql`CREATE TRIGGER ${name} BEFORE INSERT ON ${sql.id(table)} FOR EACH ROW EXECUTE FUNCTION ${name}()`.execute(
    db,
  );
  return async () => {
    await wait(0);
  };
}
