import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import pg from 'pg';
import { migrateAsReleased } from './migrate-as-released.ts';

/** The state of a release that `test/upgrade/record-state.mjs` recorded. */
export interface RecordedState<Ids> {
  /** The ids that the tests look for. */
  ids: Ids;
  /** The engine's file and its write-ahead log. */
  engine: { file: Buffer; log: Buffer };
  /** The payment sandbox's journal. */
  payments: Buffer;
  /**
   * Fills an empty database with the recorded rows of the release. `before` is the name of the first migration that the release did not
   * have.
   */
  restore: (databaseUrl: string, before: string) => Promise<void>;
}

/** Reads the recorded state of a release. */
export function readState<Ids>(release: string): RecordedState<Ids> {
  const path = (name: string): string =>
    fileURLToPath(new URL(`../upgrade/states/${release}/${name}`, import.meta.url));
  const unpack = (name: string): Buffer => gunzipSync(readFileSync(path(`${name}.gz`)));
  return {
    ids: JSON.parse(readFileSync(path('ids.json'), 'utf8')) as Ids,
    engine: { file: unpack('engine/temporal.sqlite'), log: unpack('engine/temporal.sqlite-wal') },
    payments: unpack('payment-sandbox.jsonl'),
    restore: async (databaseUrl, before) => {
      await migrateAsReleased(databaseUrl, before);
      await insertRows(databaseUrl, JSON.parse(unpack('rows.json').toString()) as Record<string, unknown[]>);
    },
  };
}

/** Inserts rows unchanged: no trigger runs, and their order does not matter. */
async function insertRows(databaseUrl: string, tables: Record<string, unknown[]>): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('BEGIN; SET LOCAL session_replication_role = replica');
    for (const [table, rows] of Object.entries(tables)) {
      // The migrator has written its own rows.
      if (table.startsWith('kysely_')) continue;
      const columns = await columnsOf(client, table);
      // Some migrations also insert rows.
      await client.query(`DELETE FROM ${table}`);
      await client.query(
        `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE
         SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1)`,
        [JSON.stringify(rows)],
      );
    }
    await client.query(advanceSequences);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

async function columnsOf(client: pg.Client, table: string): Promise<string> {
  const { rows } = await client.query<{ columns: string }>(
    `SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS columns
     FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'`,
    [table],
  );
  return rows[0]?.columns ?? '';
}

/** Lets the sequences of identity columns continue after the largest number. */
const advanceSequences = `
DO $$
DECLARE identity record;
BEGIN
  FOR identity IN
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND is_identity = 'YES'
  LOOP
    EXECUTE format(
      'SELECT setval(pg_get_serial_sequence(%L, %L), greatest(1, coalesce(max(%I), 0)) + 1000) FROM %I',
      identity.table_name, identity.column_name, identity.column_name, identity.table_name);
  END LOOP;
END $$`;
