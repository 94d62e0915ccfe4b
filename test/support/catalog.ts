import { sql, type Kysely } from 'kysely';

/** What the catalogs contain about the objects of a schema: one line each, with a name that includes its kind. */
export async function describeSchema(db: Kysely<unknown>, schema: string): Promise<Record<string, string>> {
  return db.transaction().execute(async (trx) => {
    // Definitions name objects on the search path without a schema.
    await sql`SELECT set_config('search_path', ${schema}, true)`.execute(trx);
    const { rows } = await sql<{ name: string; definition: string }>`
      WITH tables AS (
        SELECT oid, relname, relkind, relpersistence FROM pg_class
        WHERE relnamespace = ${schema}::regnamespace AND relkind IN ('r', 'v', 'm', 'S'))
      SELECT format('relation %s', relname) AS name, format('%s %s', relkind, relpersistence) AS definition FROM tables
      UNION ALL
      SELECT format('column %s.%s', relname, attname),
        concat_ws(' ', row_number() OVER (PARTITION BY attrelid ORDER BY attnum), format_type(atttypid, atttypmod),
          CASE WHEN attnotnull THEN 'NOT NULL' END, nullif(attidentity, ''), nullif(attgenerated, ''),
          pg_get_expr(adbin, adrelid))
      FROM pg_attribute JOIN tables ON attrelid = tables.oid
      LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
      WHERE relkind <> 'S' AND attnum > 0 AND NOT attisdropped
      UNION ALL
      SELECT format('constraint %s.%s', relname, conname), pg_get_constraintdef(pg_constraint.oid)
      FROM pg_constraint JOIN tables ON conrelid = tables.oid WHERE contype <> 'n'
      UNION ALL
      SELECT format('index %s', indexrelid::regclass), concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid)
      FROM pg_index JOIN tables ON indrelid = tables.oid
      UNION ALL
      SELECT format('trigger %s.%s', relname, tgname), concat_ws(' ', pg_get_triggerdef(pg_trigger.oid), tgenabled)
      FROM pg_trigger JOIN tables ON tgrelid = tables.oid WHERE NOT tgisinternal
      UNION ALL
      SELECT format('function %s', oid::regprocedure), pg_get_functiondef(oid)
      FROM pg_proc WHERE pronamespace = ${schema}::regnamespace
      UNION ALL
      SELECT format('sequence %s', relname),
        concat_ws(' ', format_type(seqtypid, NULL), seqstart, seqincrement, refobjid::regclass, refobjsubid)
      FROM pg_sequence JOIN tables ON seqrelid = tables.oid
      LEFT JOIN pg_depend ON objid = seqrelid AND classid = 'pg_class'::regclass AND deptype IN ('a', 'i')
        AND refclassid = 'pg_class'::regclass
      ORDER BY name`.execute(trx);
    // The bodies of functions are indented as in their migrations.
    return Object.fromEntries(
      rows.map(({ name, definition }) => [name, definition.replaceAll(/\s+/g, ' ').trim()]),
    );
  });
}
