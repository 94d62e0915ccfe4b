import { Option, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { pino } from 'pino';
import { roles, type Role } from '../http/roles.ts';
import { line as lineOf, quoted } from '../values/text.ts';
import { commandActor } from '../access/command-audit.ts';
import { UsageError } from '../process/usage-error.ts';
import { loadDatabaseConfig } from '../config/config.ts';
import { connectDatabase, type Db } from '../database/connect.ts';
import { durationMs } from '../values/duration.ts';
import { insertApiKey, listAllApiKeys, revokeApiKey, type ListedApiKey } from '../access/api-keys.ts';
import { recordAuditEntry } from '../access/audit-entries.ts';
import { makeApiKey } from '../access/api-key.ts';
import { createCommand, oneLine, print, printError, RefusedError } from '../process/command.ts';
import { printTable } from './print-table.ts';
import { requireDatabase } from './reach.ts';

/** Options of `keys create`. */
interface NewKey {
  name: string;
  role: Role;
  expiresAt: Date | null;
}

/** `keys create|list|revoke`: manages the API keys of people and programs. */
export function keysCommand(): CommandUnknownOpts {
  const reason = (): Option<'--reason <text>', undefined, undefined, string> =>
    new Option('--reason <text>', 'for the audit trail').argParser(line('--reason', 500));
  return createCommand('keys')
    .description('create, list and revoke API keys')
    .addCommand(
      createCommand('create')
        .description('create a key and print it, this once: only its hash is stored')
        .requiredOption(
          '--name <name>',
          'the name of the person or program that will use the key',
          line('--name', 100),
        )
        .addOption(new Option('--role <role>', 'what the key allows').choices(roles).makeOptionMandatory())
        .option('--expires <duration>', 'how long the key is valid, such as 90d', expiry)
        .addOption(reason())
        .action(({ name, role, expires = null, reason: why }) =>
          withDatabase((db) => create(db, { name, role, expiresAt: expires }, why)),
        ),
    )
    .addCommand(
      createCommand('list')
        .description('list all keys, without their secrets')
        .action(() => withDatabase(list)),
    )
    .addCommand(
      createCommand('revoke')
        .description('revoke a key and the sessions that were signed in with it; takes effect within seconds')
        .argument('<id>', 'the id of the key, as printed by `keys list`')
        .addOption(reason())
        .action((id, { reason: why }) => withDatabase((db) => revoke(db, id, why))),
    );
}

async function withDatabase(run: (db: Db) => Promise<void>): Promise<void> {
  const config = loadDatabaseConfig(process.env);
  const db = connectDatabase(config.database, {
    poolSize: 1,
    logger: pino({ level: 'silent' }),
    applicationName: 'durable-jobs-keys',
  });
  try {
    await requireDatabase(db, config.DATABASE_URL);
    await run(db);
  } finally {
    await db.destroy();
  }
}

async function create(db: Db, { name, role, expiresAt }: NewKey, reason: string | undefined): Promise<void> {
  const { id, key, secretHash } = makeApiKey();
  await db.transaction().execute(async (trx) => {
    await insertApiKey(trx, { id, name, role, secretHash, expiresAt });
    await recordAuditEntry(trx, { ...audited('create', { id, name, role }), reason, outcome: 'done' });
  });
  print(key);
  printError(
    `This is the key of ${name} (${role}${expiresAt ? `, until ${expiresAt.toISOString()}` : ''}). ` +
      'It will not be shown again.',
  );
}

async function list(db: Db): Promise<void> {
  const keys = await listAllApiKeys(db);
  if (keys.length === 0) {
    printError('There are no stored keys. The key in API_KEY is not stored, so it is not listed.');
    return;
  }
  printTable([
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
  ]);
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
  if (!key)
    throw new RefusedError(`The key ${quoted(id)} does not exist: run \`keys list\` to see all keys.`, 2);
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

/** Parses one line of text with a maximum length. */
function line(option: string, maxLength: number): (value: string, previous: string | undefined) => string {
  return (value, previous) => {
    const text = oneLine(value, previous).trim();
    if (lineOf(maxLength).safeParse(text).success) return text;
    throw new UsageError(
      `${option} must be one line of 1 to ${maxLength} characters, but has ${text.length}.`,
    );
  };
}

function expiry(value: string): Date {
  const parsed = durationMs.safeParse(value);
  // Missing or zero: the key would never be valid.
  if (!parsed.data) {
    throw new UsageError(`--expires must be a duration such as 90d, more than 0, but is ${quoted(value)}.`);
  }
  return new Date(Date.now() + parsed.data);
}

function time(at: Date | null): string {
  return at ? `${at.toISOString().slice(0, 19)}Z` : '-';
}
