import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { inject } from 'vitest';
import type { Database } from '../../domain/database/schema.ts';
import { connectDatabase } from '../../packages/durable-jobs/src/database/connect.ts';
import { TEMPLATE_DATABASE } from './database-names.ts';

/** Creates a database for one test file: a copy of the template, which is migrated and empty, or one without tables. */
export async function createTestDatabase(
  template: typeof TEMPLATE_DATABASE | 'template0' = TEMPLATE_DATABASE,
): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = inject('databaseUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await execute(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => dropDatabase(server, name) };
}

/** Creates a migrated database, and connects to it. `close` ends the connections and drops it. */
export async function openTestDatabase(): Promise<{
  db: Kysely<Database>;
  url: string;
  close: () => Promise<void>;
}> {
  const { url, drop } = await createTestDatabase();
  const db = connectDatabase<Database>(url, {
    poolSize: 10,
    logger: pino({ level: 'silent' }),
    applicationName: 'test',
  });
  return {
    db,
    url,
    close: async () => {
      await db.destroy();
      await drop();
    },
  };
}

/** Checks, and the time between them, for which connections that are being closed are given their time. */
const [CHECKS, CHECK_MS] = [400, 25];

/**
 * A pool has ended before the server knows that its connections have. What is forced out then reports an error that no one listens to any
 * more.
 */
async function dropDatabase(server: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    for (let check = 0; check < CHECKS; check++) {
      const { rowCount } = await client.query('SELECT FROM pg_stat_activity WHERE datname = $1', [name]);
      if (rowCount === 0) break;
      await delay(CHECK_MS);
    }
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  } finally {
    await client.end();
  }
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Refuses connections to a test's database, and ends existing ones. */
export async function setDatabase(
  { databaseUrl }: { databaseUrl: string },
  state: 'up' | 'down',
): Promise<void> {
  const name = new URL(databaseUrl).pathname.slice(1);
  const client = new pg.Client({ connectionString: inject('databaseUrl') });
  await client.connect();
  try {
    await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${state === 'up'}`);
    if (state === 'down') {
      await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    }
  } finally {
    await client.end();
  }
}
