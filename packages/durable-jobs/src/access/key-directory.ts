import { LRUCache } from 'lru-cache';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { parseApiKey } from './api-key.ts';
import { withoutBounds } from '../database/bounds.ts';
import type { Db } from '../database/connect.ts';
import type { Logger } from '../telemetry/logger.ts';
import { findApiKey, listUsableKeyIds, touchApiKey, type ApiKey } from './api-keys.ts';
import { hashToken, secretsEqual } from '../process/secrets.ts';
import { Problem } from '../http/problem.ts';

/** A key that may be used right now. */
export type UsableKey = Pick<ApiKey, 'id' | 'name' | 'role' | 'secretHash' | 'expiresAt'>;

/** The keys that the API takes: those of the database, and `API_KEY` of the environment as an operator's. */
export interface KeyDirectory {
  /** The key of the environment, where the text is that: no look-up is made for it. */
  verifyEnvironment: (text: string) => UsableKey | undefined;
  /** The key whose text this is, or undefined. */
  verify: (text: string) => Promise<UsableKey | undefined>;
  /** The key with an id that this service itself has signed, and that nobody can have made up; or undefined. */
  findSigned: (id: string) => Promise<UsableKey | undefined>;
}

/** The id under which `API_KEY` of the environment appears in the audit trail and in sessions. */
export const ENVIRONMENT_KEY_ID = 'environment';

/** For how long a key that was revoked may still be taken, at the most; and how old a request's view of a key is. */
const CACHE_MS = 5_000;
const CACHE_SIZE = 10_000;
/** `last used` is exact to the minute, so that a busy key costs one statement a minute. */
const TOUCH_MS = 60_000;
/** How many ids that were not seen before may be looked up in a second, over all callers. */
const NEW_IDS_PER_SECOND = 100;

/** For how long the list of all ids is valid, which separates known ids from made-up ones in a flood. */
const KNOWN_IDS_MS = 1_000;

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
  /** Once in a while at most, however many made-up ids come meanwhile. */
  const known = new LRUCache<'ids', ReadonlySet<string>>({
    max: 1,
    ttl: KNOWN_IDS_MS,
    fetchMethod: () => withoutBounds(async () => new Set(await listUsableKeyIds(deps.db))),
  });
  /** Made-up ids must neither flood the database nor keep it from those who use a key for the first time. */
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
    // Shared with requests of any kind: it must not wait, or end, with the stream or page whose look-up happens to be the first.
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
      deps.logger.warn({ err: error, keyId: id }, 'the use of a key was not noted');
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
  throw new Problem('tooManyRequests', 'Too many unknown keys are being tried.', {
    headers: { 'Retry-After': '1' },
  });
}
