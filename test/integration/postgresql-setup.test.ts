import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findOnPath } from '../../packages/durable-jobs/src/dev/executables.ts';
import { reservePort, type ReservedPort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { startPostgres } from '../../packages/durable-jobs/src/dev/postgres.ts';
import { withPassword } from '../../packages/durable-jobs/src/config/url-password.ts';

const run = promisify(execFile);

const script = fileURLToPath(new URL('../../deploy/postgresql/setup.sh', import.meta.url));
const psql = findOnPath('psql');
const howToGet = psql ? '' : '(psql is not installed. Debian and Ubuntu: apt-get install postgresql-client)';

/** Contains the name of its use, so that a leak of any password is found. */
const serviceHostile = `service-secret @:/%#?'"\\ $HOME $(id) ;--`;
const temporalHostile = `temporal-secret@:/%#?'$HOME$(id)`;

describe.skipIf(!psql)(`deploy/postgresql/setup.sh ${howToGet}`.trim(), () => {
  let folder = '';
  let port: ReservedPort;
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  const logFile = (): string => join(folder, 'postgres.log');
  const output: string[] = [];

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
