import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, chown, copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findOnPath } from '../../packages/durable-jobs/src/dev/executables.ts';
import { reservePort, type ReservedPort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { startPostgres } from '../../packages/durable-jobs/src/dev/postgres.ts';
import { createCallBudget } from '../../domain/payments/call-budget.ts';
import { createDurableJobs } from '../../packages/durable-jobs/src/application/create-durable-jobs.ts';
import { requireDatabase } from '../../packages/durable-jobs/src/cli/reach.ts';
import { loadDatabaseConfig } from '../../packages/durable-jobs/src/config/config.ts';
import { withPassword } from '../../packages/durable-jobs/src/config/url-password.ts';
import { connectDatabase, openPool } from '../../packages/durable-jobs/src/database/connect.ts';
import type { DatabaseServer } from '../../packages/durable-jobs/src/database/server.ts';
import { isDatabaseUnavailable } from '../../packages/durable-jobs/src/database/unavailable.ts';
import { ServiceSession } from '../../packages/durable-jobs/src/hosted-services/session.ts';
import { gate } from '../support/gate.ts';
import { eventually } from '../support/jobs.ts';

const run = promisify(execFile);

const script = fileURLToPath(new URL('../../deploy/postgresql/setup.sh', import.meta.url));
const psql = findOnPath('psql');
const howToGet = psql ? '' : '(psql is not installed. Debian and Ubuntu: apt-get install postgresql-client)';

/** Contains the name of its use, so that a leak of any password is found. */
const serviceHostile = `service-secret @:/%#?'"\\ $HOME $(id) ;--`;
const temporalHostile = `temporal-secret@:/%#?'$HOME$(id)`;

let folder = '';
let port: ReservedPort;
let postgres: Awaited<ReturnType<typeof startPostgres>>;
const logFile = (): string => join(folder, 'postgres.log');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-jobs-test-'));
  // PostgreSQL may run as another user, which must be able to access the folder.
  await chmod(folder, 0o711);
  port = await reservePort();
  postgres = await startPostgres({
    dir: join(folder, 'postgres'),
    port: port.port,
    logFile: logFile(),
    database: 'scratch',
    durable: false,
  });
});
afterAll(async () => {
  await postgres.stop();
  port.release();
  await rm(folder, { recursive: true, force: true });
});

async function asSuperuser(...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

describe.skipIf(!psql)(`deploy/postgresql/setup.sh ${howToGet}`.trim(), () => {
  const output: string[] = [];

  beforeAll(async () => {
    // A log with as much detail as possible.
    await asSuperuser(
      `ALTER SYSTEM SET log_statement = 'all'`,
      `ALTER SYSTEM SET log_min_duration_statement = 0`,
      `SELECT pg_reload_conf()`,
    );
    // Records the arguments of psql.
    await writeFile(
      join(folder, 'psql'),
      `#!/bin/sh\nprintf '%s\\n' "$@" >> '${join(folder, 'arguments')}'\nexec '${psql}' "$@"\n`,
      { mode: 0o755 },
    );
  });

  async function setUp(passwords: { temporal: string; service: string; superuser?: string }): Promise<void> {
    try {
      const { stdout, stderr } = await run('/bin/sh', [script], {
        env: {
          PATH: `${folder}:${process.env.PATH}`,
          PGHOST: '127.0.0.1',
          PGPORT: String(port.port),
          PGUSER: 'postgres',
          PGPASSWORD: passwords.superuser ?? new URL(postgres.url).password,
          TEMPORAL_DB_PASSWORD: passwords.temporal,
          DATABASE_PASSWORD: passwords.service,
        },
      });
      output.push(stdout, stderr);
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      output.push(stdout, stderr);
      throw new Error(stderr, { cause: error });
    }
  }

  /** Returns the server's name of a role with this password in this database. */
  async function signIn(role: string, database: string, password: string): Promise<unknown> {
    const client = new pg.Client({
      connectionString: withPassword(`postgres://${role}@127.0.0.1:${port.port}/${database}`, password),
    });
    await client.connect();
    try {
      const { rows } = await client.query<{ role: string; owns: boolean }>(
        `SELECT current_user AS role, pg_get_userbyid(datdba) = current_user AS owns FROM pg_database WHERE datname = current_database()`,
      );
      return rows[0];
    } finally {
      await client.end();
    }
  }

  async function expectRoles(passwords: { temporal: string; service: string }): Promise<void> {
    for (const database of ['temporal', 'temporal_visibility']) {
      expect(await signIn('temporal', database, passwords.temporal)).toEqual({
        role: 'temporal',
        owns: true,
      });
      await expect(signIn('durable_jobs', database, passwords.service)).rejects.toThrow(/permission denied/);
    }
    expect(await signIn('durable_jobs', 'durable_jobs', passwords.service)).toEqual({
      role: 'durable_jobs',
      owns: true,
    });
    await expect(signIn('temporal', 'durable_jobs', passwords.temporal)).rejects.toThrow(/permission denied/);
    await expect(signIn('durable_jobs', 'durable_jobs', passwords.temporal)).rejects.toThrow(
      /authentication/,
    );
  }

  it('gives a volume that was created with one password for all a password for each role', async () => {
    // As created by the first releases.
    await asSuperuser(
      `CREATE ROLE temporal LOGIN PASSWORD 'shared'`,
      `CREATE DATABASE temporal OWNER temporal`,
      `CREATE DATABASE temporal_visibility OWNER temporal`,
      `CREATE ROLE durable_jobs LOGIN PASSWORD 'shared'`,
      `CREATE DATABASE durable_jobs OWNER durable_jobs`,
      `REVOKE CONNECT ON DATABASE temporal, temporal_visibility, durable_jobs FROM PUBLIC`,
    );
    await setUp({ temporal: 'temporal-secret-1', service: 'service-secret-1' });
    await expectRoles({ temporal: 'temporal-secret-1', service: 'service-secret-1' });
    await expect(signIn('durable_jobs', 'durable_jobs', 'shared')).rejects.toThrow(/authentication/);
    await expect(signIn('temporal', 'temporal', 'shared')).rejects.toThrow(/authentication/);
  });

  it('sets up an empty server, and again with other passwords, whatever is in them', async () => {
    await asSuperuser(
      'DROP DATABASE temporal',
      'DROP DATABASE temporal_visibility',
      'DROP DATABASE durable_jobs',
      'DROP ROLE temporal, durable_jobs',
    );
    await setUp({ temporal: 'temporal-secret-2', service: 'service-secret-2' });
    await expectRoles({ temporal: 'temporal-secret-2', service: 'service-secret-2' });
    for (let round = 0; round < 2; round++) {
      await setUp({ temporal: temporalHostile, service: serviceHostile });
      await expectRoles({ temporal: temporalHostile, service: serviceHostile });
    }
  });

  it.each(['"', '\\', ' '])('refuses a password that Temporal cannot read: %j', async (character) => {
    await expect(
      setUp({ temporal: `temporal-secret${character}x`, service: 'service-secret' }),
    ).rejects.toThrow(/^TEMPORAL_DB_PASSWORD must not contain/);
  });

  it('refuses missing passwords, and a wrong one of the superuser', async () => {
    await expect(setUp({ temporal: 'temporal-secret', service: '' })).rejects.toThrow(/DATABASE_PASSWORD/);
    await expect(
      setUp({ temporal: 'temporal-secret', service: 'service-secret', superuser: 'super-secret' }),
    ).rejects.toThrow(/password authentication failed/);
  });

  it('writes no password to the log of the server, to its own output or to the arguments of a process', async () => {
    const log = await readFile(logFile(), 'utf8');
    expect(log).toContain("SET log_statement = 'none'");
    expect(await readFile(join(folder, 'arguments'), 'utf8')).toContain('ON_ERROR_STOP=1');
    for (const text of [log, ...output, await readFile(join(folder, 'arguments'), 'utf8')])
      expect(text).not.toMatch(/-secret/);
  });
});

describe('a PostgreSQL with TLS', () => {
  const certificate = (name: string): string =>
    fileURLToPath(new URL(`../support/certificates/${name}.pem`, import.meta.url));
  const ca = readFileSync(certificate('ca'), 'utf8');
  const ofClient = {
    DATABASE_TLS_CERT_FILE: certificate('client'),
    DATABASE_TLS_KEY_FILE: certificate('client.key'),
  };
  const otherCa = rootCertificates[0] ?? '';
  const options = { poolSize: 1, logger: pino({ level: 'silent' }), applicationName: 'test' };

  /** The URL of a database of this server as the role whose name is that of the client's certificate. */
  const urlOf = (database: string, options = ''): string =>
    `postgres://client:secret@127.0.0.1:${port.port}/${database}${options}`;

  /** The database as the processes read it from these variables. */
  const databaseOf = (variables: Record<string, string>): DatabaseServer =>
    loadDatabaseConfig(variables).database;

  beforeAll(async () => {
    const settings = await query<{ hba: string; data: string }>(
      postgres.url,
      `SELECT current_setting('hba_file') AS hba, current_setting('data_directory') AS data`,
    );
    const [{ hba, data } = { hba: '', data: '' }] = settings;
    const { uid, gid } = await stat(data);
    for (const name of ['ca', 'server', 'server.key']) {
      const file = join(data, `${name}.pem`);
      await copyFile(certificate(name), file);
      await chmod(file, 0o600);
      await chown(file, uid, gid);
    }
    const rules = [
      'hostssl encrypted all 127.0.0.1/32 scram-sha-256',
      'hostssl mutual all 127.0.0.1/32 scram-sha-256 clientcert=verify-full',
      'host encrypted,mutual all all reject',
    ];
    await writeFile(hba, `${rules.join('\n')}\n${await readFile(hba, 'utf8')}`);
    await asSuperuser(
      `CREATE ROLE client SUPERUSER LOGIN PASSWORD 'secret'`,
      'CREATE DATABASE encrypted',
      'CREATE DATABASE mutual',
      `ALTER SYSTEM SET ssl_ca_file = 'ca.pem'`,
      `ALTER SYSTEM SET ssl_cert_file = 'server.pem'`,
      `ALTER SYSTEM SET ssl_key_file = 'server.key.pem'`,
      'ALTER SYSTEM SET ssl = on',
      'SELECT pg_reload_conf()',
    );
    // The server reads its files when it gets to it.
    await eventually(() =>
      query(databaseOf({ DATABASE_URL: urlOf('encrypted'), DATABASE_TLS_CA: ca }), 'SELECT 1'),
    );
  });

  /** Returns the rows of a query over a connection of the library. */
  async function query<T>(server: DatabaseServer, text: string): Promise<T[]> {
    const pool = openPool(server, options);
    try {
      return (await pool.query(text)).rows as T[];
    } finally {
      await pool.end();
    }
  }

  const whoConnects = `SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()`;

  it('is trusted by its authority alone', async () => {
    const DATABASE_URL = urlOf('encrypted');
    expect(await query(databaseOf({ DATABASE_URL, DATABASE_TLS_CA: ca }), whoConnects)).toEqual([
      { ssl: true, client_dn: null },
    ]);
    const refused = query(databaseOf({ DATABASE_URL, DATABASE_TLS_CA: otherCa }), whoConnects);
    await expect(refused).rejects.toSatisfy(isDatabaseUnavailable);
    const db = connectDatabase(databaseOf({ DATABASE_URL, DATABASE_TLS_CA: otherCa }), options);
    await expect(requireDatabase(db, DATABASE_URL)).rejects.toThrow(
      `The database at 127.0.0.1:${port.port} is not available: its TLS certificate is not trusted (self-signed certificate in certificate chain`,
    );
    await db.destroy();
  });

  it('is used with TLS, whatever the URL says', async () => {
    for (const urlOptions of [
      '?sslmode=disable',
      '?ssl=0',
      '?sslmode=no-verify',
      '?uselibpqcompat=true&sslmode=require',
    ]) {
      const url = urlOf('encrypted', urlOptions);
      expect(await query({ url, tls: { ca } }, whoConnects)).toEqual([{ ssl: true, client_dn: null }]);
      await expect(query({ url, tls: { ca: otherCa } }, whoConnects)).rejects.toThrow(/certificate/);
    }
    const DATABASE_URL = urlOf('encrypted', '?sslmode=require');
    await expect(query(databaseOf({ DATABASE_URL, DATABASE_TLS_CA: otherCa }), whoConnects)).rejects.toThrow(
      /certificate/,
    );
  });

  it('is reached by every connection with the certificate that it requires, and not without one', async () => {
    const variables = { DATABASE_URL: urlOf('mutual'), DATABASE_TLS_CA: ca };
    const server = databaseOf({ ...variables, ...ofClient });
    await expect(query(databaseOf(variables), whoConnects)).rejects.toThrow(
      'connection requires a valid client certificate',
    );
    await expect(createDurableJobs({ env: { LOG_LEVEL: 'silent', ...variables } }).migrate()).rejects.toThrow(
      'connection requires a valid client certificate',
    );
    // Migrations, a pool for the library's tables, one for the functions of jobs, one of the payments and a service's session.
    const durableJobs = createDurableJobs({ env: { LOG_LEVEL: 'silent', ...variables, ...ofClient } });
    expect(await durableJobs.migrate()).not.toEqual([]);
    const db = connectDatabase(server, options);
    const notified = gate();
    const session = await ServiceSession.open(server, {
      serviceId: 'test',
      channel: 'test',
      notified: notified.open,
      changed: () => undefined,
    });
    const budget = createCallBudget({ database: server, perSecond: 1_000, logger: options.logger });
    try {
      expect(await session.tryLock()).toBe(true);
      await budget.take();
      await query(server, `NOTIFY test`);
      await notified.opened;
      const { rows } = await sql<{ ssl: boolean; subject: string }>`
        SELECT DISTINCT ssl, client_dn AS subject FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE datname = 'mutual'`.execute(db);
      expect(rows).toEqual([{ ssl: true, subject: '/CN=client' }]);
    } finally {
      await session.close();
      await budget.close();
      await db.destroy();
    }
    expect(session.lost.aborted).toBe(false);
  });
});
