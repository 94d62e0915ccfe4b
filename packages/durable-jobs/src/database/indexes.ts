import { sql, type Kysely, type RawBuilder } from 'kysely';

/** Long transactions, such as a backup's, may hold a table for some minutes. */
const LOCK_TIMEOUT = '10min';

/**
 * Builds an index without blocking writes, in a migration that is not transactional. It first removes what an interrupted build left, and
 * keeps an index that already exists, so it is safe to repeat.
 * @param definition what follows its name: `ON emails (recipient) WHERE …`.
 */
export async function buildIndex(
  db: Kysely<unknown>,
  name: string,
  definition: RawBuilder<unknown>,
  { unique = false } = {},
): Promise<void> {
  const { rows } = await sql<{ valid: boolean }>`
    SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass(${name})`.execute(db);
  if (rows[0]?.valid === true) return;
  await dropIndex(db, name);
  await concurrently(
    db,
    sql`CREATE ${sql.raw(unique ? 'UNIQUE ' : '')}INDEX CONCURRENTLY ${sql.id(name)} ${definition}`,
  );
}

/** Drops an index, if it exists, without blocking others that use its table. */
export async function dropIndex(db: Kysely<unknown>, name: string): Promise<void> {
  await concurrently(db, sql`DROP INDEX CONCURRENTLY IF EXISTS ${sql.id(name)}`);
}

/** Executes a statement that waits for locks longer than other statements of migrations: it blocks neither readers nor writers meanwhile. */
async function concurrently(db: Kysely<unknown>, statement: RawBuilder<unknown>): Promise<void> {
  await db.connection().execute(async (session) => {
    const { rows } = await sql<{ former: string }>`
      SELECT current_setting('lock_timeout') AS former`.execute(session);
    const setTimeLimit = (value: string) =>
      sql`SELECT set_config('lock_timeout', ${value}, false)`.execute(session);
    await setTimeLimit(LOCK_TIMEOUT);
    try {
      await statement.execute(session);
    } finally {
      // A connection that was lost has no setting.
      await setTimeLimit(rows[0]?.former ?? '0').catch(() => undefined);
    }
  });
}
