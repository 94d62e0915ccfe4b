import { sql, type Kysely } from 'kysely';

/** All tables of the library, as the releases had them that kept them among the application's. */
const tables = [
  'api_keys',
  'audit_entries',
  'bulk_items',
  'bulk_jobs',
  'bulk_uploads',
  'dead_letters',
  'emails',
  'failed_attempts',
  'failing_activities',
  'hosted_services',
  'idempotency_keys',
  'job_retries',
  'message_failures',
  'moved_starts',
  'outbox',
  'outgoing_messages',
  'payload_keys',
  'queued_messages',
  'schedule_turns',
  'subject_keys',
  'work_items',
];

const triggerFunctions = [
  'notify_outgoing_messages()',
  'notify_pending_emails()',
  'notify_queued_messages()',
  'notify_work_items()',
  'refuse_large_row()',
  'set_sender_of_email()',
];

const UUIDS_IN = 'uuids_in(bytea, text, text, jsonb)';

/** How long a move waits for its table. What needs the table queues behind it meanwhile, reads too. */
const LOCK_TIMEOUT_MS = 2_000;

/**
 * Moves the tables to the library's schema. Each leaves a view of its name behind, through which other programs and processes of
 * earlier releases read and write it as before. What was moved already is left as it is.
 */
export async function adoptTables(db: Kysely<unknown>, from: string): Promise<void> {
  for (const table of tables) {
    if (await isThere(db, sql`to_regclass(${`durable_jobs.${table}`})`)) continue;
    await inShortTransaction(db, (trx) => moveTable(trx, from, table));
  }
  for (const name of triggerFunctions) {
    if (await isThere(db, sql`to_regprocedure(${`durable_jobs.${name}`})`)) continue;
    await inShortTransaction(db, async (trx) => {
      await sql`ALTER FUNCTION ${sql.id(from)}.${sql.raw(name)} SET SCHEMA durable_jobs`.execute(trx);
    });
  }
  if (!(await isThere(db, sql`to_regprocedure(${`durable_jobs.${UUIDS_IN}`})`)))
    await inShortTransaction(db, (trx) => moveUuidsIn(trx, from));
  // Holds up no reader or writer.
  await sql`ALTER TABLE durable_jobs.emails VALIDATE CONSTRAINT emails_status_check`.execute(db);
}

async function moveTable(trx: Kysely<unknown>, from: string, table: string): Promise<void> {
  const former = sql.id(from, table);
  await sql`ALTER TABLE ${former} SET SCHEMA durable_jobs`.execute(trx);
  const { rows: columns } = await sql<{ name: string }>`
    SELECT attname AS name FROM pg_attribute
    WHERE attrelid = ${`durable_jobs.${table}`}::regclass AND attnum > 0 AND NOT attisdropped
    ORDER BY attnum`.execute(trx);
  const names = sql.join(columns.map(({ name }) => sql.id(name)));
  await sql`CREATE VIEW ${former} AS SELECT ${names} FROM ${sql.id('durable_jobs', table)}`.execute(trx);
  await copyGrants(trx, from, table);
  if (table === 'failing_activities') await replaceSequence(trx, from);
}

/** Gives the view what was granted on its table, and every role that had something the use of the schema. */
async function copyGrants(trx: Kysely<unknown>, from: string, table: string): Promise<void> {
  const { rows } = await sql<{ statement: string }>`
    WITH grants AS (
      SELECT grantee, privilege_type, is_grantable, NULL::name AS column_name
      FROM pg_class, aclexplode(relacl)
      WHERE pg_class.oid = ${`durable_jobs.${table}`}::regclass AND grantee <> relowner
      UNION ALL
      SELECT grantee, privilege_type, is_grantable, attname
      FROM pg_attribute, aclexplode(attacl)
      WHERE attrelid = ${`durable_jobs.${table}`}::regclass AND NOT attisdropped),
    named AS (
      SELECT *, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS role FROM grants)
    SELECT format('GRANT %s%s ON %I.%I TO %s%s', privilege_type, ' (' || quote_ident(column_name) || ')',
      ${from}::text, ${table}::text, role, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END) AS statement
    FROM named WHERE privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    UNION ALL
    SELECT DISTINCT format('GRANT USAGE ON SCHEMA durable_jobs TO %s', role) FROM named`.execute(trx);
  for (const { statement } of rows) await sql.raw(statement).execute(trx);
}

/**
 * Makes a sequence under the name of the one that has moved with its table: processes of the last release take numbers from it. It
 * starts far above, so that no number is taken twice.
 */
async function replaceSequence(trx: Kysely<unknown>, from: string): Promise<void> {
  const { rows } = await sql<{ start: string }>`
    SELECT (last_value + 1000000)::text AS start FROM durable_jobs.failing_activities_place`.execute(trx);
  await sql`
    CREATE SEQUENCE ${sql.id(from, 'failing_activities_place')} AS bigint
    START WITH ${sql.raw(rows[0]?.start ?? '1000000')}`.execute(trx);
}

/** Leaves a function behind that the planner replaces by the one that has moved, so that its indexes are found. */
async function moveUuidsIn(trx: Kysely<unknown>, from: string): Promise<void> {
  const former = sql`${sql.id(from)}.${sql.raw(UUIDS_IN)}`;
  await sql`ALTER FUNCTION ${former} SET SCHEMA durable_jobs`.execute(trx);
  await sql`
    CREATE FUNCTION ${former} RETURNS uuid[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS 'SELECT durable_jobs.uuids_in($1, $2, $3, $4)'`.execute(trx);
}

async function isThere(db: Kysely<unknown>, object: ReturnType<typeof sql>): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`SELECT ${object} IS NOT NULL AS found`.execute(db);
  return rows[0]?.found === true;
}

async function inShortTransaction(
  db: Kysely<unknown>,
  work: (trx: Kysely<unknown>) => Promise<void>,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`SELECT set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)`.execute(trx);
    await work(trx);
  });
}
