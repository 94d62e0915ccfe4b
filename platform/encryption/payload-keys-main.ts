/** `payload-keys list|rewrap|forget ID`: the keys of PAYLOAD_KEYS that were used here, and the retirement of one. */
import { pino } from 'pino';
import { auditCommand } from '../command-audit.ts';
import { ConfigError, loadPayloadKeysConfig, type PayloadKeysConfig } from '../config.ts';
import { connectDatabase, type Db } from '../database/connect.ts';
import { errorMessage } from '../errors.ts';
import {
  countWrappedBy,
  forgetRingKey,
  listForeignSubjectKeys,
  listUsedRingKeys,
  rewrapSubjectKey,
} from '../repositories/subject-keys.ts';
import { open, seal } from './seal.ts';

const usage = `Usage: payload-keys list
       payload-keys rewrap
       payload-keys forget ID

  list    shows the keys that payloads here are encrypted with, and how many people's keys each of them encrypts
  rewrap  encrypts the keys of people with the first of PAYLOAD_KEYS
  forget  lets processes start without a key: what it has encrypted can not be read any more`;

/** Keys that are encrypted anew before the next are read. */
const BATCH = 500;

/** What was asked for can't be done. */
class RefusedError extends Error {}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main([command, id, ...rest]: readonly string[]): Promise<void> {
  const known = rest.length === 0 && (command === 'forget' ? id !== undefined : id === undefined);
  if (!known || !['list', 'rewrap', 'forget'].includes(command ?? '')) throw new RefusedError(usage);
  const config = loadPayloadKeysConfig(process.env);
  const db = connectDatabase(config.DATABASE_URL, {
    poolSize: 1,
    logger: pino({ level: 'silent' }),
    applicationName: 'durable-jobs-payload-keys',
  });
  const audited = (action: string, params: Record<string, string>, run: () => Promise<void>) =>
    auditCommand(config.DATABASE_URL, { command: 'payload-keys', action, params }, run);
  try {
    if (command === 'list') await list(db);
    else if (command === 'rewrap') await audited('rewrap', {}, () => rewrap(db, config));
    else await audited('forget', { id: id ?? '' }, () => forget(db, id ?? ''));
  } finally {
    await db.destroy();
  }
}

async function list(db: Db): Promise<void> {
  const keys = await listUsedRingKeys(db);
  if (keys.length === 0) print('No key was used: nothing is encrypted.');
  for (const { id } of keys) print(`${id}  people whose keys it encrypts: ${await countWrappedBy(db, id)}`);
}

async function rewrap(db: Db, { PAYLOAD_KEYS: ring }: PayloadKeysConfig): Promise<void> {
  if (!ring) throw new RefusedError('PAYLOAD_KEYS is not set.');
  const { encrypting } = ring;
  let count = 0;
  for (;;) {
    const keys = await listForeignSubjectKeys(db, encrypting.id, BATCH);
    if (keys.length === 0) break;
    for (const stored of keys) {
      const old = ring.find(stored.ringKeyId);
      if (!old || !stored.wrappedKey)
        throw new RefusedError(`PAYLOAD_KEYS has no key "${stored.ringKeyId}".`);
      const wrappedKey = seal(encrypting.key, open(old.key, stored.wrappedKey, stored.id), stored.id);
      await rewrapSubjectKey(db, stored, { ringKeyId: encrypting.id, wrappedKey });
      count++;
    }
  }
  print(`Encrypted anew with "${encrypting.id}": ${count}`);
}

async function forget(db: Db, id: string): Promise<void> {
  const people = await countWrappedBy(db, id);
  if (people > 0)
    throw new RefusedError(`"${id}" encrypts the keys of ${people} people: \`payload-keys rewrap\` first.`);
  if (!(await forgetRingKey(db, id))) throw new RefusedError(`No key "${id}" was used here.`);
  print(`"${id}" is forgotten: take it out of PAYLOAD_KEYS everywhere.`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const known = error instanceof RefusedError || error instanceof ConfigError;
  process.stderr.write(`${known ? error.message : `Nothing was done: ${errorMessage(error)}`}\n`);
  process.exitCode = 1;
}
