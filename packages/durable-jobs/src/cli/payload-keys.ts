import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { quoted } from '../values/text.ts';
import { auditCommand } from '../access/command-audit.ts';
import { UsageError } from '../process/usage-error.ts';
import { loadPayloadKeysConfig, type PayloadKeysConfig } from '../config/config.ts';
import { connectDatabase, type Db } from '../database/connect.ts';
import { forgetRingKey, listUsedRingKeys } from '../encryption/ring-keys.ts';
import { countWrappedBy } from '../encryption/subject-key-rows.ts';
import { createScheduler } from '../schedules/scheduler.ts';
import { createTemporalClient } from '../engine/client.ts';
import { NOTE_EVERY_MS } from '../encryption/check-keys.ts';
import { findKeyUses, type KeyUse } from '../encryption/key-uses.ts';
import { isRingKeyId } from '../values/key-ring.ts';
import { clientEncryption, type PayloadEncryption } from '../encryption/payload-encryption.ts';
import { createCommand, print, RefusedError } from '../process/command.ts';
import { requireDatabase, requireEngine } from './reach.ts';
import { isServiceOutdated, reencryptSchedules, renewServices, rewrapPeople } from './rotate.ts';

const LOGGER = pino({ level: 'silent' });
/** Deadline of a command's calls to the engine, unless a call has a deadline of its own. */
const ENGINE_TIMEOUT_MS = 300_000;
/** A process that has not recorded its use of a key for this long no longer uses it. */
const STILL_USED_MS = 3 * NOTE_EVERY_MS;
/** Time that a worker has to renew a service. */
const RENEWAL_MS = 60_000;
const POLL_MS = 500;

/** `payload-keys list|rewrap|forget ID`: lists the keys of PAYLOAD_KEYS that were used, and retires a key. */
export function payloadKeysCommand(): CommandUnknownOpts {
  return createCommand('payload-keys')
    .description('list, replace and retire the keys in PAYLOAD_KEYS')
    .addCommand(
      createCommand('list')
        .description(
          "list the keys that have been used, when each last encrypted data, and how many people's keys it encrypts",
        )
        .action(() => withConfig(({ db }) => list(db))),
    )
    .addCommand(
      createCommand('rewrap')
        .description(
          "re-encrypt people's keys and schedules with the first key in PAYLOAD_KEYS, and renew the hosted services",
        )
        .action(() =>
          withConfig(({ db, config, audited }) => audited('rewrap', {}, () => rewrap(db, config))),
        ),
    )
    .addCommand(
      createCommand('forget')
        .description('let processes start without a key; refused while anything still needs it')
        .argument('<id>', 'the id of the key, as printed by `payload-keys list`', ringKeyId)
        .option('--lost', 'skip the check, for a lost key whose payloads can no longer be read')
        .action((id, { lost = false }) =>
          withConfig(({ db, config, audited }) =>
            audited('forget', { id, ...(lost && { lost: 'true' }) }, () => forget(db, config, { id, lost })),
          ),
        ),
    );
}

interface Opened {
  db: Db;
  config: PayloadKeysConfig;
  /** Performs an action with an entry in the audit trail. */
  audited: (action: string, params: Record<string, string>, run: () => Promise<void>) => Promise<void>;
}

async function withConfig(run: (opened: Opened) => Promise<void>): Promise<void> {
  const config = loadPayloadKeysConfig(process.env);
  const db = connectDatabase(config.database, {
    poolSize: 2,
    logger: LOGGER,
    applicationName: 'durable-jobs-payload-keys',
  });
  try {
    await requireDatabase(db, config.DATABASE_URL);
    await run({
      db,
      config,
      audited: (action, params, act) =>
        auditCommand(config.database, { command: 'payload-keys', action, params }, act),
    });
  } finally {
    await db.destroy();
  }
}

function ringKeyId(id: string): string {
  if (isRingKeyId(id)) return id;
  throw new UsageError(
    `The id of a key must be 1 to 40 letters, digits, dots, underscores or dashes, but is ${quoted(id)}.`,
  );
}

async function list(db: Db): Promise<void> {
  const keys = await listUsedRingKeys(db);
  if (keys.length === 0) print('No key has been used: nothing is encrypted.');
  for (const { id, lastUsedAt } of keys) {
    print(
      `${id}  last used at ${lastUsedAt.toISOString()}  people whose keys it encrypts: ${await countWrappedBy(db, id)}`,
    );
  }
}

async function rewrap(db: Db, config: PayloadKeysConfig): Promise<void> {
  const { PAYLOAD_KEYS: ring, PAYLOAD_ENCRYPTION: policy } = config;
  // Payloads that other processes refuse are read here, so that they can be converted to an accepted format.
  const encryption = clientEncryption(
    { PAYLOAD_KEYS: ring, PAYLOAD_ENCRYPTION: policy === 'unbound' ? policy : 'any' },
    // Its client only writes schedules, which belong to no person.
    { db, subjectOf: () => Promise.resolve(undefined) },
  );
  if (!ring || !encryption) throw new RefusedError('PAYLOAD_KEYS is not set.');
  const id = `"${ring.encrypting.id}"`;
  print(`People's keys re-encrypted with ${id}: ${await rewrapPeople(db, ring)}`);
  const { reencrypted, unreadable } = await withTemporal(config, encryption, (client) =>
    reencryptSchedules(db, ring, createScheduler(client, LOGGER)),
  );
  print(`Schedules re-encrypted with ${id}: ${reencrypted}`);
  const problems = unreadable.map(
    (name) =>
      `The schedule ${name} cannot be decrypted: apply it if it is declared in code; otherwise replace or delete it.`,
  );
  await withTemporal(config, undefined, async (client) => {
    const renewal = { db, client, codec: encryption.codec };
    const renewed = await renewServices(renewal);
    const left = await waitFor(renewed, (serviceId) => isServiceOutdated(renewal, serviceId));
    print(`Hosted services renewed with ${id}: ${renewed.length - left.length}`);
    problems.push(
      ...left.map((name) => `The service ${name} was not renewed: it requires a worker of this release.`),
    );
  });
  if (problems.length > 0) throw new RefusedError(problems.join('\n'));
}

/** Waits until `isLeft` returns false for each element, and returns those for which it remains true. */
async function waitFor<T>(all: readonly T[], isLeft: (one: T) => Promise<boolean>): Promise<T[]> {
  const deadline = Date.now() + RENEWAL_MS;
  for (let left = [...all]; ;) {
    const states = await Promise.all(left.map(isLeft));
    left = left.filter((_, index) => states[index]);
    if (left.length === 0 || Date.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function forget(
  db: Db,
  config: PayloadKeysConfig,
  { id, lost }: { id: string; lost: boolean },
): Promise<void> {
  const key = (await listUsedRingKeys(db)).find((known) => known.id === id);
  if (!key) throw new RefusedError(`The key "${id}" has never been used.`);
  if (!lost) {
    if (Date.now() - key.lastUsedAt.getTime() < STILL_USED_MS) {
      throw new RefusedError(
        `"${id}" was in use at ${key.lastUsedAt.toISOString()}: put another key first, restart every process, and try again in ${STILL_USED_MS / 1_000} s.`,
      );
    }
    // Without keys, because the payloads must be read as they are stored.
    const uses = await withTemporal(config, undefined, (client) => findKeyUses({ db, client }, key));
    if (uses.length > 0) {
      throw new RefusedError([`The key "${id}" is still needed:`, ...uses.map(describe)].join('\n'));
    }
  }
  await forgetRingKey(db, id);
  print(`The key "${id}" is forgotten: remove it from PAYLOAD_KEYS everywhere.`);
}

function describe({ kind, count, examples }: KeyUse): string {
  const named = examples.join(', ');
  switch (kind) {
    case 'people':
      return `  It encrypts the keys of ${count} people: run \`payload-keys rewrap\`.`;
    case 'schedules':
      return `  Schedules, such as ${named}: run \`payload-keys rewrap\`.`;
    case 'openJobs':
      return `  Open jobs, such as ${named}: wait until they end. \`payload-keys rewrap\` renews hosted services.`;
    case 'closedJobs':
      return `  Closed jobs, such as ${named}: wait until the retention of the namespace has passed, or delete them.`;
  }
}

/** Calls `act` with a client, which decrypts payloads if it has keys. */
async function withTemporal<T>(
  config: PayloadKeysConfig,
  encryption: PayloadEncryption | undefined,
  act: (client: Client) => Promise<T>,
): Promise<T> {
  const { client, close } = createTemporalClient(config.temporal, `payload-keys:${process.pid}`, encryption);
  try {
    await requireEngine({ client }, config.temporal);
    return await client.withDeadline(Date.now() + ENGINE_TIMEOUT_MS, () => act(client));
  } finally {
    await close();
  }
}
