import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { LRUCache } from 'lru-cache';
import { failureTypes } from '../engine/failure-types.ts';
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

/** The own keys of people, by which all that was ever written of one can be made unreadable at once. */
export interface SubjectKeys {
  /** The key of the person whom a workflow works for; undefined if it works for nobody, or that key was destroyed. */
  ofWorkflow: (workflowId: string | undefined) => Promise<{ id: string; key: Buffer } | undefined>;
  /** A key by its id; undefined if it was destroyed. */
  byId: (id: string) => Promise<Buffer | undefined>;
}

/** What is needed to encrypt what belongs to a person with that person's own key. */
export interface People {
  db: Db;
  /** Names the person whom a workflow works for, by its id; undefined if that is nobody, or nobody knows any more. */
  subjectOf: (db: Db, workflowId: string) => Promise<string | undefined>;
}

/** For processes that work for nobody in particular, such as the command for schedules. */
export const noSubjectKeys: SubjectKeys = {
  ofWorkflow: () => Promise.resolve(undefined),
  byId: () => Promise.reject(new Error('this process has no access to the keys of people')),
};

/** How long a destroyed key may still be known to a process, while the database answers. */
const CACHE_MS = 60_000;
const CACHE_SIZE = 20_000;
/** AES-256. */
const KEY_BYTES = 32;
/** Between two looks whether the database is back. */
const RETRY_MS = 500;
/** What reading waits for a database that is away; the engine will have the task done again. */
const READ_WAIT_MS = 5_000;

/** A key as it is kept in memory; without `key` it was destroyed. */
interface CachedKey {
  id: string;
  key: Buffer | undefined;
}

/**
 * Creates the keys of people out of our database, where each is stored encrypted with a key of the ring. They are kept for a minute, and
 * beyond that only while the database is away. `encodeWaitMs` is how long the use of a key that is not at hand waits for a database that is
 * away: a worker, which would fall over an error there, waits for as long as it takes.
 */
export function createSubjectKeys(
  { db, subjectOf, ring }: People & { ring: KeyRing },
  { encodeWaitMs }: { encodeWaitMs: number },
): SubjectKeys {
  const cacheOptions = {
    max: CACHE_SIZE,
    ttl: CACHE_MS,
    // While the database is away what was known goes on being known.
    allowStaleOnFetchRejection: true,
    noDeleteOnFetchRejection: true,
  };

  const unwrap = async (stored: StoredSubjectKey): Promise<CachedKey> => {
    if (stored.wrappedKey === null) return { id: stored.id, key: undefined };
    const wrapping = ring.find(stored.ringKeyId);
    if (!wrapping) {
      throw ApplicationFailure.create({
        message: `the key of a person is encrypted with the key "${stored.ringKeyId}", which PAYLOAD_KEYS of this process does not have`,
        type: failureTypes.payloadKeyMissing,
      });
    }
    const key = open(wrapping.key, stored.wrappedKey, stored.id);
    // A key of the ring can be retired once nothing is encrypted with it any more.
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
      // A key that was never stored is as gone as one that was destroyed.
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
      // Another process may have been quicker: what is stored now is the key.
      const stored = await findSubjectKey(db, subject);
      if (!stored) throw new Error('the key of a person was stored and is not there');
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

/** Does something that needs the database, which may be away for at most `waitMs`. */
async function whenThere<T>(waitMs: number, act: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isDatabaseUnavailable(error) || !(error instanceof Error)) throw error;
      if (Date.now() >= deadline) {
        throw ApplicationFailure.create({
          message: 'the database with the keys of people can not be reached',
          type: failureTypes.databaseUnavailable,
          cause: error,
        });
      }
      await delay(RETRY_MS);
    }
  }
}
