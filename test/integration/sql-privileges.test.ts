import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { libraryMigrations } from '../../packages/durable-jobs/src/database/migrations/list.ts';
import { applyMigrations } from '../../packages/durable-jobs/src/database/migrator.ts';
import { createTestDatabase } from '../support/database.ts';
import { readBlocks } from '../support/docs/pages.ts';

/** The GRANT statements in the blocks of a page, by block, for a role of the test. */
function grantsOf(page: string): string[] {
  return readBlocks(`docs/${page}`)
    .filter(({ language, code }) => language === 'sql' && code.includes('GRANT '))
    .map(({ code }) => code.replaceAll(/\bshop\b/g, role));
}

const role = `shop_${randomUUID().slice(0, 8)}`;
const [enqueueGrants = '', cancelGrants = ''] = grantsOf('enqueue-from-sql.md');
const [flowGrants = ''] = grantsOf('flow.md');

const plain = `durable_jobs.enqueue('sendReceipt', '{"id": "1"}')`;
const repeated = `durable_jobs.enqueue('sendReceipt', '{"id": "1"}', dedupe_key => 'one')`;
const held = `durable_jobs.enqueue('sendReceipt', '{"id": "1"}', after_job => 'charge-card:1')`;
const chained = `durable_jobs.enqueue('sendReceipt', '{"id": "1"}', after_start => ${plain})`;
const grouped = `durable_jobs.enqueue('sendReceipt', '{"id": "1"}', group_id => 'one')`;
const completed = `durable_jobs.complete_group('one', 'mailReport', counts_as => 'counts')`;
const cancelled = `durable_jobs.cancel('sendReceipt', key => 'one', reason => 'a test')`;

let admin: pg.Client;
let drop: () => Promise<void>;
const { migrations } = libraryMigrations;

/** Migrates a new database with the library's migrations before one, restricts `enqueue`, and applies the rest. */
async function migrateWithRestricted(before: string): Promise<{ mayEveryone: boolean; mayRole: boolean }> {
  const database = await createTestDatabase('template0');
  const client = new pg.Client({ connectionString: database.url });
  try {
    const earlier = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < before));
    const logger = pino({ level: 'silent' });
    await applyMigrations(database.url, [{ ...libraryMigrations, migrations: earlier }], { logger });
    await client.connect();
    await client.query('REVOKE ALL ON FUNCTION durable_jobs.enqueue FROM PUBLIC');
    await client.query(`GRANT EXECUTE ON FUNCTION durable_jobs.enqueue TO ${role}`);
    await applyMigrations(database.url, [libraryMigrations], { logger });
    const { rows } = await client.query<{ mayEveryone: boolean; mayRole: boolean }>(
      `SELECT has_function_privilege('public', oid, 'EXECUTE') AS "mayEveryone",
        has_function_privilege($1, oid, 'EXECUTE') AS "mayRole" FROM pg_proc WHERE proname = 'enqueue'`,
      [role],
    );
    if (!rows[0]) throw new Error('the function does not exist');
    return rows[0];
  } finally {
    await client.query(`DROP OWNED BY ${role}`);
    await client.end();
    await database.drop();
  }
}

beforeAll(async () => {
  const database = await createTestDatabase();
  drop = database.drop;
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query(`CREATE ROLE ${role}`);
});
beforeEach(() => admin.query(`DROP OWNED BY ${role}`));
afterAll(async () => {
  await admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await admin.end();
  await drop();
});

/** Calls a function as the role, in a separate transaction. */
async function call(expression: string): Promise<void> {
  await admin.query('BEGIN');
  try {
    await admin.query(`SET LOCAL ROLE ${role}`);
    await admin.query(`SELECT ${expression}`);
    await admin.query('COMMIT');
  } catch (error) {
    await admin.query('ROLLBACK');
    throw error;
  }
}

it('lets a role enqueue with the privileges that are documented, and nothing else', async () => {
  await expect(call(plain)).rejects.toThrow('permission denied');
  await admin.query(enqueueGrants);
  await call(plain);
  await call(repeated);
  await call(repeated);
  for (const other of [held, chained, grouped, completed, cancelled])
    await expect(call(other), other).rejects.toThrow('permission denied');
});

it('lets a role enqueue after other jobs and in groups with the privileges that are documented besides', async () => {
  await admin.query(enqueueGrants);
  await admin.query(flowGrants);
  for (const one of [held, chained, grouped, grouped, completed, completed]) await call(one);
  await expect(call(grouped)).rejects.toThrow('takes no more jobs');
  await expect(call(cancelled)).rejects.toThrow('permission denied');
});

it('lets a role cancel with the privileges that are documented, and not read or enqueue', async () => {
  await admin.query(cancelGrants);
  await call(cancelled);
  await expect(call('count(input) FROM durable_jobs.outbox')).rejects.toThrow('permission denied');
  await expect(call(plain)).rejects.toThrow('permission denied');
});

it.each(['0004', '0006', '0011'])('keeps the privileges of enqueue through migration %s', async (before) => {
  expect(await migrateWithRestricted(before)).toEqual({ mayEveryone: false, mayRole: true });
});
