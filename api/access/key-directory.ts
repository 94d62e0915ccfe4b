import { LRUCache } from 'lru-cache';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { parseApiKey } from '../../platform/keys/api-key.ts';
import type { Db } from '../../platform/database/connect.ts';
import type { Logger } from '../../platform/logger.ts';
import { findApiKey, touchApiKey, type ApiKey } from '../../platform/repositories/api-keys.ts';
import { hashToken, secretsEqual } from '../../platform/secrets.ts';
import { Problem } from '../problem.ts';

/** A key that may be used right now. */
export type UsableKey = Pick<ApiKey, 'id' | 'name' | 'role' | 'secretHash' | 'expiresAt'>;

/** The keys that the API takes: those of the database, and `API_KEY` of the environment as an operator's. */
export interface KeyDirectory {
  /** The key whose text this is, or undefined. */
  verify: (text: string) => Promise<UsableKey | undefined>;
  /** The key with this id, or undefined. */
  find: (id: string) => Promise<UsableKey | undefined>;
}

/** The id under which `API_KEY` of the environment appears in the audit trail and in sessions. */
export const ENVIRONMENT_KEY_ID = 'environment';

/** For how long a key that was revoked may still be taken, at the most; and how old a request's view of a key is. */
const CACHE_MS = 5_000;
const CACHE_SIZE = 10_000;
/** `last used` is told to the minute, so that a busy key costs one statement a minute. */
const TOUCH_MS = 60_000;
/** Ids that nobody has seen yet and that may be looked up, in a second, over all callers. */
const NEW_IDS_PER_SECOND = 100;

/** Compared with where there is no such key, so that it takes as long as a wrong secret does. */
const NO_HASH = hashToken('');

/** Makes the directory of one process. Look-ups are shared and kept for seconds: a request mostly costs no query. */
export function createKeyDirectory(deps: { db: Db; logger: Logger; apiKey: string }): KeyDirectory {
  const environment: UsableKey = {
    id: ENVIRONMENT_KEY_ID,
    name: 'API_KEY',
    role: 'operator',
    secretHash: hashToken(deps.apiKey),
    expiresAt: null,
  };
  const newIds = new RateLimiterMemory({ points: NEW_IDS_PER_SECOND, duration: 1 });
  /** Ids of keys that exist: a flood of made-up ones must not lock these out. */
  const seen = new LRUCache<string, true>({ max: CACHE_SIZE });
  const touched = new LRUCache<string, true>({ max: CACHE_SIZE, ttl: TOUCH_MS });
  const cache = new LRUCache<string, { key: ApiKey | undefined }>({
    max: CACHE_SIZE,
    ttl: CACHE_MS,
    fetchMethod: async (id) => {
      if (!seen.has(id)) await newIds.consume('all').catch(refuseForNow);
      const key = await findApiKey(deps.db, id);
      if (key) seen.set(id, true);
      return { key };
    },
  });

  const find = async (id: string): Promise<UsableKey | undefined> => {
    if (id === ENVIRONMENT_KEY_ID) return environment;
    const key = (await cache.fetch(id))?.key;
    if (!key || key.revokedAt) return undefined;
    return key.expiresAt && key.expiresAt.getTime() <= Date.now() ? undefined : key;
  };

  const touch = (id: string): void => {
    if (touched.has(id)) return;
    touched.set(id, true);
    touchApiKey(deps.db, id).catch((error: unknown) => {
      deps.logger.warn({ err: error, keyId: id }, 'the use of a key was not noted');
    });
  };

  return {
    find,
    async verify(text) {
      if (secretsEqual(text, deps.apiKey)) return environment;
      const parts = parseApiKey(text);
      if (!parts) return undefined;
      const key = await find(parts.id);
      if (!secretsEqual(hashToken(parts.secret), key?.secretHash ?? NO_HASH)) return undefined;
      touch(parts.id);
      return key;
    },
  };
}

function refuseForNow(): never {
  throw new Problem('tooManyRequests', 'Too many unknown keys are being tried.', {
    headers: { 'Retry-After': '1' },
  });
}
