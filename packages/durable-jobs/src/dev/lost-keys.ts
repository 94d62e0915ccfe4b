import { loadPayloadKeysConfig } from '../config/config.ts';
import { listUsedRingKeys } from '../encryption/ring-keys.ts';
import { fingerprint } from '../values/key-ring.ts';
import { withDatabase } from './with-database.ts';

/** Keys that encrypt a stack's data and that PAYLOAD_KEYS lacks. */
export interface LostKeys {
  /** The ids of the keys. */
  ids: string[];
  /** Whether PAYLOAD_KEYS has any key. */
  hasKeys: boolean;
}

/** PostgreSQL's codes for a table or a column that does not exist, in a database that is new or not migrated yet. */
const NOT_MIGRATED: readonly unknown[] = ['42P01', '42703'];

/** Returns the keys that the data of a stack needs and that its environment does not have, or has with other contents. */
export async function findLostKeys(env: NodeJS.ProcessEnv): Promise<LostKeys | undefined> {
  const { database, PAYLOAD_KEYS: ring } = loadPayloadKeysConfig(env);
  try {
    const used = await withDatabase(database, listUsedRingKeys);
    const lost = used.filter(({ id, fingerprint: stored }) => {
      const key = ring?.find(id);
      return !key || fingerprint(key) !== stored;
    });
    return lost.length === 0 ? undefined : { ids: lost.map(({ id }) => id), hasKeys: ring !== undefined };
  } catch (error) {
    if (NOT_MIGRATED.includes((error as { code?: unknown }).code)) return undefined;
    throw error;
  }
}

/** Says what happened, and how to go on. `folders` hold the data of a stack of one's own; none if others use it too. */
export function describeLostKeys({ ids, hasKeys }: LostKeys, folders: readonly string[]): string {
  const one = ids.length === 1;
  const names = `the key${one ? '' : 's'} ${ids.map((id) => `"${id}"`).join(', ')}`;
  const state = hasKeys ? `does not contain ${one ? 'it' : 'them'}` : 'is not set';
  const remove = folders.map((folder) => `'${folder.replaceAll("'", `'\\''`)}'`).join(' ');
  return [
    `The data of this stack is encrypted with ${names}, and PAYLOAD_KEYS ${state}.`,
    `  - If you have ${one ? 'the key' : 'the keys'}: add ${one ? 'it' : 'them'} to PAYLOAD_KEYS, in .env or in the shell, and start again.`,
    remove === ''
      ? '  - If not, that data cannot be read any more: use another database and another namespace of Temporal.'
      : `  - If not, that data cannot be read any more. To start again without it: rm -rf ${remove}`,
  ].join('\n');
}
