import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrateToLatest, migrations } from '../../domain/database/migrate.ts';
import { connectDatabase } from '../../packages/durable-jobs/src/database/connect.ts';
import { libraryMigrations } from '../../packages/durable-jobs/src/database/migrations/list.ts';
import { applyMigrations } from '../../packages/durable-jobs/src/database/migrator.ts';
import { describeSchema } from '../support/catalog.ts';
import { createTestDatabase } from '../support/database.ts';
import { migrateAsReleased } from '../support/migrate-as-released.ts';

const logger = pino({ level: 'silent' });

type TestDatabase = Awaited<ReturnType<typeof createTestDatabase>>;

let database: TestDatabase;
/** A session with the search path of other programs and of processes of earlier releases. */
let db: Kysely<unknown>;

const connect = (url: string): Kysely<unknown> =>
  new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }) });

beforeEach(async () => {
  database = await createTestDatabase('template0');
  db = connect(database.url);
});
afterEach(async () => {
  await db.destroy();
  await database.drop();
});

const migrateLibrary = (): Promise<string[]> =>
  applyMigrations(database.url, [libraryMigrations], { logger });

/** Release 0.1.0 had the migrations before 0014. */
const migrateTo010 = (): Promise<void> => migrateAsReleased(database.url, '0014');

const PERSON = '7d9a1e0c-52f1-4a87-9c0e-0a0b6f6f3d11';
const BULK_JOB = '0c5b6f6e-7c39-4f37-8a53-0f2f9a51c0de';

/** A row of each table that is now the library's, as release 0.1.0 wrote it. */
const formerRows: Record<string, string> = {
  api_keys: `(id, name, role, secret_hash) VALUES ('k1', 'Ada', 'operator', 'hash')`,
  audit_entries: `(actor_id, actor_name, target, outcome) VALUES ('k1', 'Ada', '/api/jobs', 'done')`,
  bulk_jobs: `(id, task, total, failed, status) VALUES ('${BULK_JOB}', 'import-products', 2, 1, 'running')`,
  bulk_items: `(bulk_job_id, position, payload, status) VALUES ('${BULK_JOB}', 1, '{"sku": "tea"}', 'failed')`,
  dead_letters: `(queue, digest, body, reason_code, reason) VALUES ('orders', 'd', 'body', 'invalid', 'It is no order.')`,
  emails: `(key, template, user_id, recipient, message_id) VALUES ('welcome:1', 'welcome', '${PERSON}', 'ada@example.com', 'm1')`,
  failed_attempts: `(job_id, run_id, activity_id, activity_type, attempt, started_at, ended_at, error_code, error_message)
    VALUES ('process-order:1', 'r1', '1', 'chargeOrder', 1, now(), now(), 'code', 'message')`,
  hosted_services: `(id, worker, processed) VALUES ('outbox-relay', 'w1', 7)`,
  idempotency_keys: `(scope, key, fingerprint, response, expires_at)
    VALUES ('orders', 'key', 'f', '{"status": 201}', now() + interval '1 day')`,
  job_retries: `(job_id, run_id, new_run_id) VALUES ('process-order:1', 'r1', 'r2')`,
  message_failures: `(queue, message_key) VALUES ('orders', 'm1')`,
  outbox: `(job_type, job_id, input, next_attempt_at) VALUES ('processOrder', 'process-order:1', '{"orderId": "1"}', now())`,
  outgoing_messages: `(queue, body) VALUES ('orders', 'body')`,
  payload_keys: `(id, fingerprint) VALUES ('p1', 'f')`,
  queued_messages: `(queue, body) VALUES ('orders', 'body')`,
  subject_keys: `(id, subject, ring_key_id, wrapped_key) VALUES ('${PERSON}', 'user:1', 'p1', 'wrapped')`,
  work_items: `(kind, payload, dedupe_key) VALUES ('adjust-stock', '{"sku": "tea"}', 'd1')`,
};

async function insertFormerRows(): Promise<void> {
  await sql`
    INSERT INTO users (id, email, name, password_hash) VALUES (${PERSON}, 'ada@example.com', 'Ada', '-')`.execute(
    db,
  );
  for (const [table, row] of Object.entries(formerRows))
    await sql.raw(`INSERT INTO ${table} ${row}`).execute(db);
}

const rowsOf = async (table: string): Promise<unknown[]> =>
  (await sql.raw(`SELECT * FROM ${table}`).execute(db)).rows;

describe("the library's schema", () => {
  it('is the same in a new database and in one whose tables were adopted', async () => {
    const other = await createTestDatabase('template0');
    const fresh = connect(other.url);
    try {
      expect(await applyMigrations(other.url, [libraryMigrations], { logger })).toEqual(
        Object.keys(libraryMigrations.migrations).map((name) => `durable_jobs.${name}`),
      );
      await migrateToLatest(database.url);
      const [created, adopted] = await Promise.all(
        [fresh, db].map((each) => describeSchema(each, 'durable_jobs')),
      );
      // What the application of this repository adds to the library's tables: it has users, and erases them.
      const additions = [
        'constraint emails.emails_user_id_fkey',
        'index idempotency_keys_user',
        'trigger emails.emails_sender_then_recipient',
      ];
      expect(Object.keys(adopted ?? {})).toEqual(expect.arrayContaining(additions));
      expect(created).toEqual(
        Object.fromEntries(Object.entries(adopted ?? {}).filter(([name]) => !additions.includes(name))),
      );
    } finally {
      await fresh.destroy();
      await other.drop();
    }
  });

  it('leaves tables of another origin alone', async () => {
    await sql`CREATE TABLE emails (id integer)`.execute(db);
    await sql`CREATE TABLE kysely_migration (name text)`.execute(db);
    await sql`INSERT INTO kysely_migration VALUES ('0001-initial')`.execute(db);
    await migrateLibrary();
    await migrateLibrary();
    expect(await rowsOf('emails')).toEqual([]);
    await sql`INSERT INTO emails VALUES (1)`.execute(db);
    expect(await rowsOf('durable_jobs.emails')).toEqual([]);
  });

  it("comes first on the library's search path, followed by the role's own", async () => {
    await sql`CREATE SCHEMA own`.execute(db);
    const name = new URL(database.url).pathname.slice(1);
    await sql.raw(`ALTER DATABASE ${name} SET search_path = own, public`).execute(db);
    await migrateLibrary();
    const library = connectDatabase(database.url, { poolSize: 1, logger, applicationName: 'test' });
    try {
      const { rows } = await sql`
        SELECT current_schemas(false)::text[] AS schemas, to_regclass('outbox')::text AS outbox`.execute(
        library,
      );
      expect(rows).toEqual([{ schemas: ['durable_jobs', 'own', 'public'], outbox: 'outbox' }]);
    } finally {
      await library.destroy();
    }
  });
});

describe('a database of release 0.1.0', () => {
  it('keeps all rows, which are there under both names', async () => {
    await migrateTo010();
    await insertFormerRows();
    await migrateToLatest(database.url);
    for (const table of Object.keys(formerRows)) {
      const rows = await rowsOf(`durable_jobs.${table}`);
      expect([table, rows.length]).toEqual([table, 1]);
      // The view has the columns that the release knows.
      expect(rows).toMatchObject(await rowsOf(`public.${table}`));
    }
    expect(await rowsOf('users')).toMatchObject([{ email: 'ada@example.com' }]);
  });

  it('is not given new tables instead by the migrations of the library alone', async () => {
    await migrateTo010();
    await expect(migrateLibrary()).rejects.toThrow(
      'apply the migrations of its application up to 0032-indexes-for-upkeep first',
    );
    expect(await rowsOf('outbox')).toEqual([]);
  });

  it('lets other programs and earlier releases write as before', async () => {
    await migrateTo010();
    await migrateToLatest(database.url);
    const session = new pg.Client({ connectionString: database.url });
    await session.connect();
    try {
      const heard: string[] = [];
      session.on('notification', ({ channel }) => heard.push(channel));
      await session.query('LISTEN pending_emails; LISTEN work_items; LISTEN queued_messages');
      await session.query(
        `INSERT INTO emails (recipient, subject, body_text) VALUES ('a@b.example', 's', 't')`,
      );
      const insertItem = `
        INSERT INTO work_items (kind, payload, dedupe_key) VALUES ('k', '{}', 'd')
        ON CONFLICT (kind, dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING RETURNING status, due_at`;
      expect((await session.query(insertItem)).rows).toMatchObject([{ status: 'pending' }]);
      expect((await session.query(insertItem)).rows).toEqual([]);
      await session.query(`INSERT INTO queued_messages (queue, body) VALUES ('q', 'body')`);
      await session.query(`
        WITH due AS MATERIALIZED (SELECT id FROM work_items ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        UPDATE work_items SET attempts = attempts + 1 FROM due WHERE work_items.id = due.id`);
      await expect(
        session.query(`INSERT INTO emails (recipient, created_at) VALUES ('a@b.example', 'infinity')`),
      ).rejects.toMatchObject({ constraint: 'emails_times_check' });
      await session.query('SELECT 1');
      expect([...new Set(heard)].sort()).toEqual(['pending_emails', 'queued_messages', 'work_items']);
      expect(await rowsOf('durable_jobs.work_items')).toMatchObject([{ kind: 'k', attempts: 1 }]);
    } finally {
      await session.end();
    }
  });

  it("keeps the grants of other programs' roles", async () => {
    const role = `mailer_${database.url.slice(-8)}`;
    await migrateTo010();
    await sql.raw(`CREATE ROLE ${role}`).execute(db);
    try {
      await sql.raw(`GRANT INSERT, SELECT (id, status) ON emails TO ${role}`).execute(db);
      await migrateToLatest(database.url);
      const as = (statement: string): Promise<unknown> =>
        db.connection().execute(async (session) => {
          await sql.raw(`SET ROLE ${role}`).execute(session);
          try {
            return (await sql.raw(statement).execute(session)).rows;
          } finally {
            await sql`RESET ROLE`.execute(session);
          }
        });
      for (const emails of ['emails', 'durable_jobs.emails']) {
        await as(`INSERT INTO ${emails} (recipient, subject, body_text) VALUES ('a@b.example', 's', 't')`);
        await expect(as(`SELECT recipient FROM ${emails}`)).rejects.toThrow('permission denied');
        await expect(as(`DELETE FROM ${emails}`)).rejects.toThrow('permission denied');
      }
      expect(await as('SELECT status FROM emails')).toEqual([{ status: 'pending' }, { status: 'pending' }]);
    } finally {
      await sql.raw(`DROP OWNED BY ${role}; DROP ROLE ${role}`).execute(db);
    }
  });

  it('is adopted completely if the first attempt was interrupted', async () => {
    await migrateTo010();
    await insertFormerRows();
    const before = Object.keys(migrations).filter((name) => name <= '0032-indexes-for-upkeep');
    await applyMigrations(database.url, [{ migrations, upTo: before.at(-1) ?? '' }], { logger });
    const held = await db.startTransaction().execute();
    await sql`SELECT FROM queued_messages`.execute(held);
    // Tables with earlier names are moved; the migrator gives way before this one is free.
    await expect(
      applyMigrations(database.url, [libraryMigrations], { logger, patienceMs: 0 }),
    ).rejects.toThrow('migration durable_jobs.0001-own-schema failed');
    const { rows } = await sql`
      SELECT to_regclass('durable_jobs.outbox') IS NOT NULL AS outbox,
        to_regclass('durable_jobs.queued_messages') IS NOT NULL AS messages`.execute(db);
    expect(rows).toEqual([{ outbox: true, messages: false }]);
    await held.rollback().execute();
    await migrateToLatest(database.url);
    for (const table of Object.keys(formerRows))
      expect(await rowsOf(`durable_jobs.${table}`)).toHaveLength(1);
  });
});
