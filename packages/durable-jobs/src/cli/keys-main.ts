/** `keys create|list|revoke`: makes, shows and revokes the API keys that people and programs use the service with. */
import { pino } from 'pino';
import { roles, type Role } from '../http/roles.ts';
import { line, quoted } from '../values/text.ts';
import { commandActor } from '../access/command-audit.ts';
import { oneOf, readCommandLine, requireNone, UsageError, usageText } from '../process/command-line.ts';
import { ConfigError, loadDatabaseConfig } from '../config/config.ts';
import { connectDatabase, type Db } from '../database/connect.ts';
import { durationMs } from '../values/duration.ts';
import { errorMessage } from '../process/errors.ts';
import { insertApiKey, listApiKeys, revokeApiKey, type ListedApiKey } from '../access/api-keys.ts';
import { recordAuditEntry } from '../access/audit-entries.ts';
import { makeApiKey } from '../access/api-key.ts';

const usage = `Usage: keys create --name NAME --role ${roles.join('|')} [--expires 90d] [--reason TEXT]
       keys list
       keys revoke ID [--reason TEXT]

  create  makes a key and prints it, this once: only its hash is kept
  list    shows every key, without its secret
  revoke  ends a key, and the sign-ins that were made with it, within seconds`;

const commands = ['create', 'list', 'revoke'] as const;

/** The command cannot do what was requested. */
class RefusedError extends Error {}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printError = (text: string): void => void process.stderr.write(`${text}\n`);

const options = {
  name: 'string',
  role: 'string',
  expires: 'string',
  reason: 'string',
} as const;

/** The options that each command takes. */
const taken: Record<(typeof commands)[number], readonly (keyof Options)[]> = {
  create: ['name', 'role', 'expires', 'reason'],
  list: [],
  revoke: ['reason'],
};
type Options = Partial<Record<keyof typeof options, string>>;

async function main(args: readonly string[]): Promise<void> {
  const { help, values, positionals } = readCommandLine(args, options);
  if (help) {
    print(usage);
    return;
  }
  const run = toRun(positionals, values);
  const config = loadDatabaseConfig(process.env);
  const db = connectDatabase(config.DATABASE_URL, {
    poolSize: 1,
    logger: pino({ level: 'silent' }),
    applicationName: 'durable-jobs-keys',
  });
  try {
    await run(db);
  } finally {
    await db.destroy();
  }
}

/** What to do, once it is known that it was requested in full. */
function toRun([name, ...rest]: readonly string[], values: Options): (db: Db) => Promise<void> {
  const command = oneOf('The command', name, commands);
  const other = Object.keys(values).find((option) => !taken[command].some((own) => own === option));
  if (other !== undefined) throw new UsageError(`--${other} is not an option of ${command}.`);
  switch (command) {
    case 'create': {
      requireNone(rest);
      const key = {
        name: checkedName(values.name),
        role: oneOf('--role', values.role, roles),
        expiresAt: expiry(values.expires),
      };
      const reason = checkedReason(values.reason);
      return (db) => create(db, key, reason);
    }
    case 'list':
      requireNone(rest);
      return list;
    case 'revoke': {
      const [id, ...more] = rest;
      if (id === undefined) throw new UsageError('The id of a key is required: `keys list` shows them all.');
      requireNone(more);
      const reason = checkedReason(values.reason);
      return (db) => revoke(db, id, reason);
    }
  }
}

async function create(
  db: Db,
  { name, role, expiresAt }: { name: string; role: Role; expiresAt: Date | null },
  reason: string | undefined,
): Promise<void> {
  const { id, key, secretHash } = makeApiKey();
  await db.transaction().execute(async (trx) => {
    await insertApiKey(trx, { id, name, role, secretHash, expiresAt });
    await recordAuditEntry(trx, { ...audited('create', { id, name, role }), reason, outcome: 'done' });
  });
  print(key);
  printError(
    `This is the key of ${name} (${role}${expiresAt ? `, until ${expiresAt.toISOString()}` : ''}). ` +
      'It is not shown again.',
  );
}

async function list(db: Db): Promise<void> {
  const keys = await listApiKeys(db);
  if (keys.length === 0) {
    printError('There are no keys. API_KEY of the environment is not one of them: it is not stored.');
    return;
  }
  const rows = [
    ['ID', 'NAME', 'ROLE', 'STATE', 'CREATED', 'LAST USED', 'EXPIRES'],
    ...keys.map((key) => [
      key.id,
      key.name,
      key.role,
      stateOf(key, new Date()),
      time(key.createdAt),
      time(key.lastUsedAt),
      time(key.expiresAt),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    print(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

async function revoke(db: Db, id: string, reason: string | undefined): Promise<void> {
  const key = await db.transaction().execute(async (trx) => {
    const revoked = await revokeApiKey(trx, id);
    if (revoked) {
      const { name, role } = revoked;
      await recordAuditEntry(trx, { ...audited('revoke', { id, name, role }), reason, outcome: 'done' });
    }
    return revoked;
  });
  if (!key) throw new RefusedError(`There is no key ${quoted(id)}: \`keys list\` shows them all.`);
  print(`The key ${id} of ${key.name} was revoked at ${time(key.revokedAt)}.`);
}

function audited(action: string, params: Record<string, string>) {
  const name = `keys ${action}`;
  return { actor: commandActor('keys'), target: name, action: name, params };
}

function stateOf(key: ListedApiKey, now: Date): string {
  if (key.revokedAt) return 'revoked';
  return key.expiresAt && key.expiresAt <= now ? 'expired' : 'valid';
}

function checkedName(name: string | undefined): string {
  if (name === undefined) throw new UsageError('--name is required: whose key it is.');
  return checkedLine('--name', name, 100);
}

function checkedReason(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : checkedLine('--reason', reason, 500);
}

function checkedLine(option: string, text: string, maxLength: number): string {
  const parsed = line(maxLength).safeParse(text.trim());
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `${option} must be one line of 1 to ${maxLength} characters, and has ${text.trim().length}.`,
  );
}

function expiry(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const parsed = durationMs.safeParse(text);
  // None, or one of no length: the key would never be valid.
  if (!parsed.data) {
    throw new UsageError(`--expires must be a duration such as 90d, more than 0, and is ${quoted(text)}.`);
  }
  return new Date(Date.now() + parsed.data);
}

function time(at: Date | null): string {
  return at ? `${at.toISOString().slice(0, 19)}Z` : '-';
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) printError(usageText(error));
  else if (error instanceof RefusedError || error instanceof ConfigError) printError(error.message);
  else printError(`Nothing was done: ${errorMessage(error)}`);
  process.exitCode = error instanceof UsageError || error instanceof RefusedError ? 2 : 1;
}
