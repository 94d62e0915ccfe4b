import { sql, type Kysely, type RawBuilder } from 'kysely';

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
  await sql`CREATE ${sql.raw(unique ? 'UNIQUE ' : '')}INDEX CONCURRENTLY ${sql.id(name)} ${definition}`.execute(
    db,
  );
}

/** Drops an index, if it exists, without blocking others that use its table. */
export async function dropIndex(db: Kysely<unknown>, name: string): Promise<void> {
  await sql`DROP INDEX CONCURRENTLY IF EXISTS ${sql.id(name)}`.execute(db);
}
