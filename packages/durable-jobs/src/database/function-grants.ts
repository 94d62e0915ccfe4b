import { sql, type Kysely } from 'kysely';

/**
 * Replaces a function by one with other arguments, and gives the new one the privileges of the former: a new function may
 * be executed by everyone.
 * @param former the signature of the former function, with its schema and the types of its arguments.
 * @param name the name of the new one, with its schema. No other function may have it.
 */
export async function replaceFunction(
  db: Kysely<unknown>,
  { former, name }: { former: string; name: string },
  create: () => Promise<unknown>,
): Promise<void> {
  const { rows: grants } = await sql<{ grantee: string; isOwner: boolean; isGrantable: boolean }>`
    SELECT CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END AS grantee,
      granted.grantee = proowner AS "isOwner", is_grantable AS "isGrantable"
    FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS granted
    WHERE pg_proc.oid = ${former}::regprocedure`.execute(db);
  await sql`DROP FUNCTION ${sql.raw(former)}`.execute(db);
  await create();
  await sql`REVOKE ALL ON FUNCTION ${sql.raw(name)} FROM PUBLIC`.execute(db);
  for (const { grantee, isOwner, isGrantable } of grants) {
    if (isOwner) continue;
    const option = sql.raw(isGrantable ? ' WITH GRANT OPTION' : '');
    await sql`GRANT EXECUTE ON FUNCTION ${sql.raw(name)} TO ${sql.raw(grantee)}${option}`.execute(db);
  }
}
