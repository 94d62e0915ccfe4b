import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { failureTypes } from '../engine/failure-types.ts';
import { libraryFailure } from '../engine/library-failure.ts';
import type { Db } from '../database/connect.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import {
  findSubjectKey,
  findSubjectKeyById,
  insertSubjectKey,
  rewrapSubjectKey,
  type StoredSubjectKey,
} from './subject-key-rows.ts';
import type { KeyRing } from '../values/key-ring.ts';
import { open, seal } from './seal.ts';

/** Keys of people. Destroying a person's key makes everything that it encrypted unreadable at once. */
export interface SubjectKeys {
  /** Returns the key of the person whom a workflow belongs to; undefined if it belongs to no person, or the key was destroyed. */
  ofWorkflow: (workflowId: string | undefined) => Promise<{ id: string; key: Buffer } | undefined>;
  /** Returns a key by its id; undefined if it was destroyed. */
  byId: (id: string) => Promise<Buffer | undefined>;
}

/** What encryption with people's own keys requires. */
export interface People {
  db: Db;
  /**
   * Returns the id of the person whom a workflow belongs to, by the workflow's id; undefined if there is none or the person is no longer
   * known.
   */
  subjectOf: (db: Db, workflowId: string) => Promise<string | undefined>;
}

/** For processes whose data belongs to no person, such as the command for schedules. */
export const noSubjectKeys: SubjectKeys = {
  ofWorkflow: () => Promise.resolve(undefined),
  byId: () => Promise.reject(new Error('this process has no access to the keys of people')),
};

/** Time for which a process may still know a destroyed key while the database responds. */
const CACHE_MS = 60_000;
const CACHE_SIZE = 20_000;
/** AES-256. */
const KEY_BYTES = 32;
/** Retry interval while the database is unavailable. */
const RETRY_MS = 500;
/** Time that reading waits for an unavailable database; the engine then retries the task. */
const READ_WAIT_MS = 5_000;

/** A cached key; without `key`, it was destroyed. */
interface CachedKey {
  id: string;
  key: Buffer | undefined;
}

/**
 * Creates the people's keys from the database, where each is stored encrypted with a key of the ring. They are cached for a minute, and
 * longer only while the database is unavailable. `encodeWaitMs` limits the wait for an unavailable database when a key is not cached:
 * workers wait without limit, because an error would break them.
 */
export function createSubjectKeys(
  { db, subjectOf, ring }: People & { ring: KeyRing },
  { encodeWaitMs }: { encodeWaitMs: number },
): SubjectKeys {
  const cacheOptions = {
    max: CACHE_SIZE,
    ttl: CACHE_MS,
    // While the database is unavailable, cached keys remain known.
    allowStaleOnFetchRejection: true,
    noDeleteOnFetchRejection: true,
  };

  const unwrap = async (stored: StoredSubjectKey): Promise<CachedKey> => {
    if (stored.wrappedKey === null) return { id: stored.id, key: undefined };
    const wrapping = ring.find(stored.ringKeyId);
    if (!wrapping) {
      throw libraryFailure({
        message: `the key of a person is encrypted with the key "${stored.ringKeyId}", which PAYLOAD_KEYS of this process does not contain`,
        type: failureTypes.payloadKeyMissing,
      });
    }
    const key = open(wrapping.key, stored.wrappedKey, stored.id);
    // A key of the ring can be retired once it no longer encrypts anything.
    if (wrapping !== ring.encrypting) {
      await rewrapSubjectKey(db, stored, {
        ringKeyId: ring.encrypting.id,
        wrappedKey: seal(ring.encrypting.key, key, stored.id),
      });
    }
    return { id: stored.id, key };
  };

  const byId = new LRUCache<string, CachedKey>({
    ...cacheOptions,
    fetchMethod: async (id) => {
      const stored = await findSubjectKeyById(db, id);
      // A key that was never stored counts as destroyed.
      return stored ? unwrap(stored) : { id, key: undefined };
    },
  });
  const bySubject = new LRUCache<string, CachedKey>({
    ...cacheOptions,
    fetchMethod: async (subject) => {
      const known = await findSubjectKey(db, subject);
      if (known) return unwrap(known);
      const id = randomUUID();
      const wrappedKey = seal(ring.encrypting.key, randomBytes(KEY_BYTES), id);
      await insertSubjectKey(db, { id, subject, ringKeyId: ring.encrypting.id, wrappedKey });
      // Another process may have been faster: the stored key applies.
      const stored = await findSubjectKey(db, subject);
      if (!stored) throw new Error('the key of a person was stored but cannot be found');
      return unwrap(stored);
    },
  });
  const subjects = new LRUCache<string, { subject: string | undefined }>({
    max: CACHE_SIZE,
    fetchMethod: async (workflowId) => ({ subject: await subjectOf(db, workflowId) }),
  });

  return {
    async ofWorkflow(workflowId) {
      if (workflowId === undefined) return undefined;
      return whenThere(encodeWaitMs, async () => {
        const subject = (await subjects.fetch(workflowId))?.subject;
        const cached = subject === undefined ? undefined : await bySubject.fetch(subject);
        return cached?.key && { id: cached.id, key: cached.key };
      });
    },
    async byId(id) {
      return whenThere(READ_WAIT_MS, async () => (await byId.fetch(id))?.key);
    },
  };
}

/** Runs work that needs the database, and retries it for at most `waitMs` while the database is unavailable. */
async function whenThere<T>(waitMs: number, act: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isDatabaseUnavailable(error) || !(error instanceof Error)) throw error;
      if (Date.now() >= deadline) {
        throw libraryFailure({
          message: 'the database that stores people’s keys cannot be reached',
          type: failureTypes.databaseUnavailable,
          cause: error,
        });
      }
      await delay(RETRY_MS);
    }
  }
}
