import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import {
  chooseAccount,
  findPostgresBinaries,
  reachableBinaries,
  reachableFolder,
  type Account,
  type PostgresBinaries,
} from './postgres-binaries.ts';
import { startProcess, type ProcessSpec, type RunningProcess } from './supervised-process.ts';
import { waitUntil } from './wait.ts';

const run = promisify(execFile);

/** Options of an embedded PostgreSQL. */
export interface PostgresOptions {
  /** Folder of the data and the superuser's password. */
  dir: string;
  port: number;
  logFile: string;
  /** A database to create. */
  database: string;
  /** False for data that may be lost if the machine (not a process) crashes: tests are several times faster. */
  durable: boolean;
}

/** An embedded PostgreSQL that is ready to start. */
export interface PreparedPostgres {
  spec: ProcessSpec;
  /** URL of the requested database, including the password. */
  url: string;
  /** Folder of the data, which differs from the requested one if the database's user cannot reach that. */
  dir: string;
}

const USER = 'postgres';

/** Environment of PostgreSQL's programs: a bare container has only the C locale, and macOS requires a locale to be set. */
const pgEnv = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };

/**
 * Creates the data folder if there is none, and returns how to run the database. The database listens only on 127.0.0.1 and requires a
 * password, which is generated once and stored beside the data.
 */
export async function preparePostgres(options: PostgresOptions): Promise<PreparedPostgres> {
  const account = chooseAccount(join(options.dir, 'data'));
  const binaries = reachableBinaries(await findPostgresBinaries(), account);
  const dir = reachableFolder(options.dir, account);
  // 0711: the database's user may enter the folder, but nobody may list it.
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  const dataDir = join(dir, 'data');
  const passwordFile = join(dir, 'password');
  if (!existsSync(dataDir))
    await initialise(binaries, { dir, dataDir, passwordFile, account, durable: options.durable });
  requireSameMajor(dataDir, await majorOf(binaries));
  const password = readFileSync(passwordFile, 'utf8').trim();
  const url = (database: string): string =>
    `postgres://${USER}:${password}@127.0.0.1:${options.port}/${database}`;

  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    log_checkpoints: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(!options.durable && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return {
    url: url(options.database),
    dir,
    spec: {
      name: 'PostgreSQL',
      command: binaries.postgres,
      args: [
        ...['-D', dataDir, '-p', String(options.port)],
        ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      env: pgEnv,
      cwd: dir,
      ...(account && { user: { uid: account.uid, gid: account.gid } }),
      logFile: options.logFile,
      isReady: () => ensureDatabase(url('postgres'), options.database),
      // Long enough to replay the log of a large database after a crash.
      readyTimeoutMs: 120_000,
      // "Fast shutdown": ends sessions and writes everything; SIGTERM would wait for the sessions to disconnect.
      stopSignal: 'SIGINT',
      stopGraceMs: 20_000,
      beforeStart: () => endLeftover(dataDir),
    },
  };
}

/** Starts an embedded PostgreSQL and waits until its database is available. */
export async function startPostgres(
  options: PostgresOptions,
): Promise<{ url: string; pid: number; process: RunningProcess; stop: () => Promise<void> }> {
  const { spec, url } = await preparePostgres(options);
  const process = await startProcess(spec);
  const stop = async (): Promise<void> => {
    await process.stop();
  };
  return { url, pid: process.pid, process, stop };
}

async function initialise(
  binaries: PostgresBinaries,
  options: {
    dir: string;
    dataDir: string;
    passwordFile: string;
    account: Account | undefined;
    durable: boolean;
  },
): Promise<void> {
  const { dir, dataDir, passwordFile, account } = options;
  // Created under another name, so that an interrupted attempt is not mistaken for a database.
  const part = join(dir, `data.${process.pid}`);
  const partPassword = join(dir, `password.${process.pid}`);
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { mode: 0o700 });
  writeFileSync(partPassword, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  if (account) for (const path of [part, partPassword]) chownSync(path, account.uid, account.gid);
  try {
    await run(
      binaries.initdb,
      [
        ...['-D', part, '-U', USER, '--auth=scram-sha-256', `--pwfile=${partPassword}`],
        // PostgreSQL's own C.UTF-8 is the same on every machine, whatever locales the system has.
        ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
        ...(options.durable ? [] : ['--no-sync']),
      ],
      { env: pgEnv, cwd: dir, ...(account && { uid: account.uid, gid: account.gid }) },
    );
    if (account) chownSync(partPassword, 0, 0);
    renameSync(partPassword, passwordFile);
    renameSync(part, dataDir);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    rmSync(partPassword, { force: true });
    const output = (error as { stderr?: string }).stderr?.trim() ?? '';
    throw new Error(`PostgreSQL's data folder ${dataDir} cannot be created: ${output || String(error)}`, {
      cause: error,
    });
  }
}

async function majorOf(binaries: PostgresBinaries): Promise<string> {
  const { stdout } = await run(binaries.postgres, ['--version'], { env: pgEnv });
  return /(\d+)/.exec(stdout)?.[1] ?? '';
}

function requireSameMajor(dataDir: string, major: string): void {
  const made = readFileSync(join(dataDir, 'PG_VERSION'), 'utf8').trim();
  if (made !== major) {
    throw new Error(
      `the data in ${dirname(dataDir)} was created by PostgreSQL ${made}, and this is PostgreSQL ${major}: ` +
        'delete that folder to start with an empty database, or set DATABASE_URL to use your own PostgreSQL',
    );
  }
}

async function ensureDatabase(adminUrl: string, name: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
    return true;
  } finally {
    await client.end();
  }
}

/**
 * Cleans up after a crash. A server that still runs on this folder is stopped. A pid file whose id now belongs to another process, for
 * example after a restart of the machine, is removed: PostgreSQL would take that process for its server.
 */
async function endLeftover(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1) return;
  const command = await commandOf(pid);
  if (command === undefined) return;
  if (!command.includes(dataDir)) {
    rmSync(pidFile, { force: true });
    return;
  }
  process.kill(pid, 'SIGINT');
  await waitUntil(async () => (await commandOf(pid)) === undefined, {
    what: `an earlier PostgreSQL (process ${pid}) does not stop`,
    timeoutMs: 20_000,
  });
}

async function commandOf(pid: number): Promise<string | undefined> {
  // On Windows, PostgreSQL checks this itself.
  if (process.platform === 'win32') return undefined;
  try {
    const { stdout } = await run('ps', ['-ww', '-o', 'stat=,command=', '-p', String(pid)]);
    const line = stdout.trim();
    return line === '' || line.startsWith('Z') ? undefined : line;
  } catch (error) {
    // `ps` exits with 1 if there is no such process, and may be missing in a container.
    if ((error as { code?: unknown }).code !== 'ENOENT') return undefined;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return undefined;
    }
  }
}
