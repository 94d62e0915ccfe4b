import { sql, type Kysely } from 'kysely';

/** What the application recorded in `kysely_migration` before the library had migrations of its own. */
const FIRST_RELEASE = ['0001-initial', '0009-messages', '0013-encryption'];
const LAST_BEFORE_OWN_SCHEMA = '0032-indexes-for-upkeep';

/**
 * Returns the schema that holds the library's tables since a release before they had one of their own, or undefined where
 * there are none. Tables of another origin that merely have such a name are left alone.
 * @throws where the database is of such a release and lacks the last of its migrations.
 */
export async function findFormerTables(db: Kysely<unknown>): Promise<string | undefined> {
  const { rows: schemas } = await sql<{ schema: string }>`
    SELECT nspname AS schema FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE pg_class.oid = to_regclass('kysely_migration')`.execute(db);
  const schema = schemas[0]?.schema;
  if (schema === undefined) return undefined;
  const { rows } = await sql<{ name: string }>`SELECT name FROM ${sql.id(schema)}.kysely_migration`.execute(
    db,
  );
  const applied = new Set(rows.map(({ name }) => name));
  if (!FIRST_RELEASE.every((name) => applied.has(name))) return undefined;
  if (!applied.has(LAST_BEFORE_OWN_SCHEMA))
    throw new Error(
      `the database is of an earlier release of durable-jobs: apply the migrations of its application up to ${LAST_BEFORE_OWN_SCHEMA} first`,
    );
  return schema;
}
