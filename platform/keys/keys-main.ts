/** `keys create|list|revoke`: makes, shows and revokes the API keys that people and programs use the service with. */
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { roles, type Role } from '../../contracts/roles.ts';
import { line } from '../../contracts/text.ts';
import { commandActor } from '../command-audit.ts';
import { ConfigError, loadDatabaseConfig } from '../config.ts';
import { connectDatabase, type Db } from '../database/connect.ts';
import { durationMs } from '../duration.ts';
import { errorMessage } from '../errors.ts';
import { insertApiKey, listApiKeys, revokeApiKey, type ListedApiKey } from '../repositories/api-keys.ts';
import { recordAuditEntry } from '../repositories/audit-entries.ts';
import { makeApiKey } from './api-key.ts';

const usage = `Usage: keys create --name NAME --role ${roles.join('|')} [--expires 90d] [--reason TEXT]
       keys list
       keys revoke ID [--reason TEXT]

  create  makes a key and prints it, this once: only its hash is kept
  list    shows every key, without its secret
  revoke  ends a key, and the sign-ins that were made with it, within seconds`;

/** What was asked for can't be done as it was asked. */
class UsageError extends Error {}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const printError = (text: string): void => void process.stderr.write(`${text}\n`);

const options = {
  name: { type: 'string' },
  role: { type: 'string' },
  expires: { type: 'string' },
  reason: { type: 'string' },
} as const;
type Options = Partial<Record<keyof typeof options, string>>;

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse(args);
  const [command, id, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(usage);
  const run = toRun(command, id, values);
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

function parse(args: readonly string[]): { values: Options; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${errorMessage(error)}\n\n${usage}`, { cause: error });
  }
}

/** What to do, once it is known that it was asked for in full. */
function toRun(
  command: string | undefined,
  id: string | undefined,
  values: Options,
): (db: Db) => Promise<void> {
  if (command === 'create' && id === undefined) {
    const key = {
      name: checkedName(values.name),
      role: checkedRole(values.role),
      expiresAt: expiry(values.expires),
    };
    const reason = checkedReason(values.reason);
    return (db) => create(db, key, reason);
  }
  if (command === 'list' && id === undefined) return list;
  if (command === 'revoke' && id !== undefined) {
    const reason = checkedReason(values.reason);
    return (db) => revoke(db, id, reason);
  }
  throw new UsageError(usage);
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
  if (!key) throw new UsageError(`There is no key ${id}: \`keys list\` shows them all.`);
  print(`The key ${id} of ${key.name} is revoked since ${time(key.revokedAt)}.`);
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
  const parsed = line(100).safeParse(decoded('--name', name?.trim() ?? ''));
  if (parsed.success) return parsed.data;
  throw new UsageError(`--name must be one line of 1 to 100 characters: whose key it is.\n\n${usage}`);
}

function checkedReason(reason: string | undefined): string | undefined {
  if (reason === undefined) return undefined;
  const parsed = line(500).safeParse(decoded('--reason', reason.trim()));
  if (parsed.success) return parsed.data;
  throw new UsageError(`--reason must be one line of 1 to 500 characters.\n\n${usage}`);
}

/** An argument as Node decoded it; bytes that are not UTF-8 became replacement characters. */
function decoded(option: string, text: string): string {
  if (!text.includes('\ufffd')) return text;
  throw new UsageError(`${option} must be UTF-8.\n\n${usage}`);
}

function checkedRole(text: string | undefined): Role {
  const role = roles.find((known) => known === text);
  if (!role) throw new UsageError(`--role must be ${roles.join(' or ')}.\n\n${usage}`);
  return role;
}

function expiry(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const parsed = durationMs.safeParse(text);
  const at = new Date(Date.now() + (parsed.data ?? 0));
  if (!parsed.data || Number.isNaN(at.getTime())) {
    throw new UsageError(`--expires must be a duration such as 90d.\n\n${usage}`);
  }
  return at;
}

function time(at: Date | null): string {
  return at ? `${at.toISOString().slice(0, 19)}Z` : '-';
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const usedWrong = error instanceof UsageError;
  printError(
    usedWrong || error instanceof ConfigError ? error.message : `Nothing was done: ${errorMessage(error)}`,
  );
  process.exitCode = usedWrong ? 2 : 1;
}
