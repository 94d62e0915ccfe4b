import { Kysely, PostgresDialect, sql, type RawBuilder } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../packages/durable-jobs/src/dev/wait.ts';
import { buildIndex, dropIndex } from '../../packages/durable-jobs/src/database/indexes.ts';
import { migrations, migrateToLatest } from '../../domain/database/migrate.ts';
import { libraryMigrations } from '../../packages/durable-jobs/src/database/migrations/list.ts';
import { applyMigrations, type SchemaMigration } from '../../packages/durable-jobs/src/database/migrator.ts';
import { createTestDatabase } from '../support/database.ts';
import { migrateAsReleased } from '../support/migrate-as-released.ts';
import { gate } from '../support/gate.ts';

const logger = pino({ level: 'silent' });

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: Kysely<unknown>;

beforeEach(async () => {
  database = await createTestDatabase('template0');
  db = new Kysely({
    dialect: new PostgresDialect({
      // A test sets a short timeout for the sessions of the database, which is not meant for its own.
      pool: new pg.Pool({ connectionString: database.url, options: '-c statement_timeout=0' }),
    }),
  });
});
afterEach(async () => {
  await db.destroy();
  await database.drop();
});

const run = (statement: RawBuilder<unknown>) => async (trx: Kysely<unknown>) => {
  await statement.execute(trx);
};
const createItems: SchemaMigration = {
  up: run(sql`CREATE TABLE items (id integer PRIMARY KEY, name text)`),
};
/** What it did before it waited must be undone, otherwise a repeat would fail. */
const addColumn: SchemaMigration = {
  up: async (trx) => {
    await sql`CREATE TABLE beside (id integer)`.execute(trx);
    await sql`ALTER TABLE items ADD COLUMN added integer`.execute(trx);
  },
};
/** It may be repeated, as it is not undone. */
const addColumnByItself: SchemaMigration = {
  transactional: false,
  up: run(sql`ALTER TABLE items ADD COLUMN IF NOT EXISTS added integer`),
};
const buildIndexOfItems: SchemaMigration = {
  transactional: false,
  up: (session) => buildIndex(session, 'items_name', sql`ON items (name)`, { unique: true }),
};

const migrate = (
  list: Record<string, SchemaMigration>,
  options: { lockTimeoutMs?: number; patienceMs?: number; signal?: AbortSignal } = {},
): Promise<string[]> => applyMigrations(database.url, [{ migrations: list }], { logger, ...options });

const applied = async (): Promise<string[]> =>
  (await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(db)).rows.map(
    ({ name }) => name,
  );

/** Returns sessions of migrators in this state. */
async function sessions(where: ReturnType<typeof sql>): Promise<number[]> {
  const { rows } = await sql<{ pid: number }>`
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'durable-jobs-migrate' AND ${where}`.execute(
    db,
  );
  return rows.map(({ pid }) => pid);
}

const until = (what: string, condition: () => Promise<boolean>): Promise<void> =>
  waitUntil(condition, { what, timeoutMs: 60_000, intervalMs: 20 });

/** Keeps a transaction open that wrote to `items`; returns a function that ends it. */
async function holdItems(): Promise<() => Promise<void>> {
  const [held, done] = [gate(), gate()];
  const holding = db.transaction().execute(async (trx) => {
    await sql`INSERT INTO items VALUES (1000, 'held')`.execute(trx);
    held.open();
    await done.opened;
  });
  await held.opened;
  return async () => {
    done.open();
    await holding;
  };
}

const isIndexValid = async (): Promise<boolean | undefined> =>
  (
    await sql<{ valid: boolean }>`
      SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('items_name')`.execute(db)
  ).rows[0]?.valid;

describe('the migrator', () => {
  it('applies migrations that take longer than the statement timeout once, however many migrators start', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await sql`ALTER DATABASE ${sql.id(name)} SET statement_timeout = '200ms'`.execute(db);
    const list = {
      '0001-items': createItems,
      '0002-slow': { up: run(sql`SELECT pg_sleep(1)`) },
    };
    const results = await Promise.all([migrate(list), migrate(list), migrate(list)]);
    expect(results.filter((names) => names.length > 0)).toEqual([['0001-items', '0002-slow']]);
    expect(await applied()).toEqual(['0001-items', '0002-slow']);
  });

  it('keeps what was applied before a failing migration, and names that migration', async () => {
    const list: Record<string, SchemaMigration> = {
      '0001-items': createItems,
      '0002-index': buildIndexOfItems,
      '0003-wrong': {
        up: async (trx) => {
          await sql`CREATE TABLE half (id integer)`.execute(trx);
          await sql`SELECT 1 / 0`.execute(trx);
        },
      },
      '0004-last': { up: run(sql`CREATE TABLE last (id integer)`) },
    };
    await expect(migrate(list)).rejects.toThrow('migration 0003-wrong failed: division by zero');
    expect(await applied()).toEqual(['0001-items', '0002-index']);

    list['0003-wrong'] = { up: run(sql`CREATE TABLE half (id integer)`) };
    expect(await migrate(list)).toEqual(['0003-wrong', '0004-last']);
  });

  it.each([
    ['in a transaction', addColumn],
    ['without one', addColumnByItself],
  ])('lets others pass while it waits for a table %s, and continues when it is free', async (_, column) => {
    const list = {
      '0001-items': createItems,
      '0002-column': column,
    };
    await migrate({ '0001-items': createItems });
    const release = await holdItems();
    const migrating = migrate(list, { lockTimeoutMs: 100 });
    await until('the migrator waits for the table', async () => {
      return (await sessions(sql`wait_event_type = 'Lock'`)).length > 0;
    });
    // Readers queue behind the migration, which gives way to them.
    await sql`SELECT count(*) FROM items`.execute(db);
    await release();
    expect(await migrating).toEqual(['0002-column']);
  });

  it('gives up when a table stays locked, with nothing half done', async () => {
    await migrate({ '0001-items': createItems });
    const release = await holdItems();
    const list = {
      '0001-items': createItems,
      '0002-column': addColumn,
    };
    await expect(migrate(list, { lockTimeoutMs: 50, patienceMs: 300 })).rejects.toThrow(
      /migration 0002-column failed: .*other sessions hold locks that it needs/,
    );
    await release();
    expect(await applied()).toEqual(['0001-items']);
    expect(await migrate(list)).toEqual(['0002-column']);
  });

  it('ends the statement in progress when it is aborted, with nothing half done', async () => {
    await migrate({ '0001-items': createItems });
    const release = await holdItems();
    const stopping = new AbortController();
    const list = { '0001-items': createItems, '0002-added': addColumn };
    const stopped = expect(migrate(list, { lockTimeoutMs: 60_000, signal: stopping.signal })).rejects.toThrow(
      'stopped',
    );
    await until('it waits', async () => (await sessions(sql`wait_event_type = 'Lock'`)).length === 1);
    stopping.abort(new Error('stopped'));
    await stopped;
    await until('the server has ended it', async () => (await sessions(sql`true`)).length === 0);
    await release();
    expect(await applied()).toEqual(['0001-items']);
    expect(await migrate(list)).toEqual(['0002-added']);
  });

  it('applies nothing if it is stopped while it connects', async () => {
    const stopping = new AbortController();
    const stopped = expect(
      migrate({ '0001-items': createItems }, { signal: stopping.signal }),
    ).rejects.toThrow('stopped');
    stopping.abort(new Error('stopped'));
    await stopped;
    expect(await migrate({ '0001-items': createItems })).toEqual(['0001-items']);
  });

  it('builds an index while others write and another migrator waits', async () => {
    const name = new URL(database.url).pathname.slice(1);
    // The build would wait for a waiting migrator that holds a snapshot: a deadlock, which is detected after this time.
    await sql`ALTER DATABASE ${sql.id(name)} SET deadlock_timeout = '20ms'`.execute(db);
    const list = { '0001-items': createItems, '0002-index': buildIndexOfItems };
    await migrate({ '0001-items': createItems });
    const release = await holdItems();
    // The build waits for as long as it takes, because nothing queues behind it.
    const first = migrate(list, { lockTimeoutMs: 50, patienceMs: 0 });
    await until('the build waits for the open transaction', async () => (await isIndexValid()) === false);
    await sql`INSERT INTO items VALUES (1, 'written meanwhile')`.execute(db);
    const second = migrate(list);
    await until('the other migrator waits', async () => {
      return (await sessions(sql`query LIKE '%pg_try_advisory_lock%'`)).length > 0;
    });
    await release();
    expect(await first).toEqual(['0002-index']);
    expect(await second).toEqual([]);
    expect(await isIndexValid()).toBe(true);
  });

  it('builds an index again whose build was interrupted', async () => {
    const list = { '0001-items': createItems, '0002-index': buildIndexOfItems };
    await migrate({ '0001-items': createItems });
    const release = await holdItems();
    const interrupted = migrate(list);
    const failure = expect(interrupted).rejects.toThrow('migration 0002-index failed');
    await until('the build has begun', async () => (await isIndexValid()) === false);
    for (const pid of await sessions(sql`true`)) await sql`SELECT pg_terminate_backend(${pid})`.execute(db);
    await failure;
    await release();
    expect(await isIndexValid()).toBe(false);
    expect(await migrate(list)).toEqual(['0002-index']);
    expect(await isIndexValid()).toBe(true);
  });

  it('keeps an index that was built if only its record was lost', async () => {
    const list = { '0001-items': createItems, '0002-index': buildIndexOfItems };
    await migrate(list);
    await sql`DELETE FROM kysely_migration WHERE name = '0002-index'`.execute(db);
    expect(await migrate(list)).toEqual(['0002-index']);
    await dropIndex(db, 'items_name');
    await dropIndex(db, 'items_name');
    expect(await isIndexValid()).toBeUndefined();
  });

  it('applies a migration whose number lies before the last one', async () => {
    await migrate({ '0001-items': createItems });
    const later = { up: run(sql`SELECT 1`) };
    expect(await migrate({ '0001-items': createItems, '0009-later': later })).toEqual(['0009-later']);
    expect(await migrate({ '0001-items': createItems, '0005-gap': later, '0009-later': later })).toEqual([
      '0005-gap',
    ]);
  });
});

describe('the migrations', () => {
  it('upgrade a database of the release 0.1.0 and its successors in place', async () => {
    const names = Object.keys(migrations).sort();
    const released = names.filter((name) => name < '0014');
    await migrateAsReleased(database.url, '0014');
    expect(await applied()).toEqual(released);
    expect(await migrateToLatest(database.url)).toEqual([
      ...names.filter((name) => !released.includes(name) && name < '0033'),
      // Up to 0032, the application also created the library's tables.
      ...Object.keys(libraryMigrations.migrations).map((name) => `durable_jobs.${name}`),
      ...names.filter((name) => name >= '0033'),
    ]);
    expect(await applied()).toEqual(names);
    expect(await migrateToLatest(database.url)).toEqual([]);
  });
});
