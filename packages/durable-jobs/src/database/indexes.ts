import { sql, type Kysely, type RawBuilder } from 'kysely';

/**
 * Builds an index while others go on writing, as a migration that is not transactional does. What an interrupted build left
 * is removed first, and an index that is there already is kept, so it may be repeated.
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
  await sql`CREATE ${sql.raw(unique ? 'UNIQUE ' : '')}INDEX CONCURRENTLY ${sql.id(name)} ${definition}`.execute(
    db,
  );
}

/** Drops an index, if it is there, while others go on using its table. */
export async function dropIndex(db: Kysely<unknown>, name: string): Promise<void> {
  await sql`DROP INDEX CONCURRENTLY IF EXISTS ${sql.id(name)}`.execute(db);
}
