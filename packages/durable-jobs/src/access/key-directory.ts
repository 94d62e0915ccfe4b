import { LRUCache } from 'lru-cache';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { parseApiKey } from './api-key.ts';
import { withoutBounds } from '../database/bounds.ts';
import type { Db } from '../database/connect.ts';
import type { Logger } from '../telemetry/logger.ts';
import { findApiKey, listUsableKeyIds, touchApiKey, type ApiKey } from './api-keys.ts';
import { hashToken, secretsEqual } from '../process/secrets.ts';
import { Problem } from '../http/problem.ts';

/** A key that is currently valid. */
export type UsableKey = Pick<ApiKey, 'id' | 'name' | 'role' | 'secretHash' | 'expiresAt'>;

/** The keys that the API accepts: those in the database, and `API_KEY` of the environment as an operator key. */
export interface KeyDirectory {
  /** Returns the environment's key if the text is that key, without a look-up. */
  verifyEnvironment: (text: string) => UsableKey | undefined;
  /** Returns the key with this text, or undefined. */
  verify: (text: string) => Promise<UsableKey | undefined>;
  /** Returns the key with an id from a signature of this service, which therefore can't be forged; or undefined. */
  findSigned: (id: string) => Promise<UsableKey | undefined>;
}

/** The id under which `API_KEY` of the environment appears in the audit trail and in sessions. */
export const ENVIRONMENT_KEY_ID = 'environment';

/** Longest time for which a revoked key may still be accepted, and the maximum age of a cached key. */
const CACHE_MS = 5_000;
const CACHE_SIZE = 10_000;
/** `last used` is accurate to a minute, so that a busy key costs one statement per minute. */
const TOUCH_MS = 60_000;
/** Limit on look-ups of unseen ids per second, over all callers. */
const NEW_IDS_PER_SECOND = 100;

/** Validity of the list of all ids, which separates known ids from made-up ones in a flood. */
const KNOWN_IDS_MS = 1_000;

/** Compared with if the key does not exist, so that this takes as long as a wrong secret. */
const NO_HASH = hashToken('');

/** Creates the directory of one process. Look-ups are shared and cached for seconds, so most requests cost no query. */
export function createKeyDirectory(deps: { db: Db; logger: Logger; apiKey: string }): KeyDirectory {
  const environment: UsableKey = {
    id: ENVIRONMENT_KEY_ID,
    name: 'API_KEY',
    role: 'operator',
    secretHash: hashToken(deps.apiKey),
    expiresAt: null,
  };
  const newIds = new RateLimiterMemory({ points: NEW_IDS_PER_SECOND, duration: 1 });
  /** Ids of existing keys: a flood of made-up ids must not lock these keys out. */
  const seen = new LRUCache<string, true>({ max: CACHE_SIZE });
  const touched = new LRUCache<string, true>({ max: CACHE_SIZE, ttl: TOUCH_MS });
  /** Rarely refreshed, however many made-up ids arrive. */
  const known = new LRUCache<'ids', ReadonlySet<string>>({
    max: 1,
    ttl: KNOWN_IDS_MS,
    fetchMethod: () => withoutBounds(async () => new Set(await listUsableKeyIds(deps.db))),
  });
  /** Made-up ids must neither flood the database nor delay callers who use a key for the first time. */
  const admit = async (id: string): Promise<void> => {
    if (seen.has(id)) return;
    const isWithinBudget = await newIds.consume('all').then(
      () => true,
      () => false,
    );
    if (!isWithinBudget && !(await known.fetch('ids'))?.has(id)) refuseForNow();
  };
  const cache = new LRUCache<string, { key: ApiKey | undefined }, { isSigned: boolean }>({
    max: CACHE_SIZE,
    ttl: CACHE_MS,
    // All requests share this look-up, so it must not be delayed or aborted with the stream or page that triggered it.
    fetchMethod: (id, _stale, { context }) =>
      withoutBounds(async () => {
        if (!context.isSigned) await admit(id);
        const key = await findApiKey(deps.db, id);
        if (key) seen.set(id, true);
        return { key };
      }),
  });

  const find = async (id: string, isSigned: boolean): Promise<UsableKey | undefined> => {
    const key = (await cache.fetch(id, { context: { isSigned } }))?.key;
    if (!key || key.revokedAt) return undefined;
    return key.expiresAt && key.expiresAt.getTime() <= Date.now() ? undefined : key;
  };

  const touch = (id: string): void => {
    if (touched.has(id)) return;
    touched.set(id, true);
    touchApiKey(deps.db, id).catch((error: unknown) => {
      deps.logger.warn({ err: error, keyId: id }, 'the last use of a key could not be recorded');
    });
  };

  const verifyEnvironment = (text: string): UsableKey | undefined =>
    secretsEqual(text, deps.apiKey) ? environment : undefined;

  return {
    verifyEnvironment,
    findSigned: async (id) => (id === ENVIRONMENT_KEY_ID ? environment : find(id, true)),
    async verify(text) {
      const fromEnvironment = verifyEnvironment(text);
      if (fromEnvironment) return fromEnvironment;
      const parts = parseApiKey(text);
      if (!parts) return undefined;
      const key = await find(parts.id, false);
      if (!secretsEqual(hashToken(parts.secret), key?.secretHash ?? NO_HASH)) return undefined;
      touch(parts.id);
      return key;
    },
  };
}

function refuseForNow(): never {
  throw new Problem('tooManyRequests', 'Too many unknown keys were sent.', {
    headers: { 'Retry-After': '1' },
  });
}
