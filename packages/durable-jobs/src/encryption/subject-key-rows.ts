import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db, Trx } from '../database/connect.ts';

/** A person's key as it is stored: encrypted with a key of the ring, or destroyed. */
export interface StoredSubjectKey {
  id: string;
  subject: string;
  ringKeyId: string;
  /** Null once it was destroyed; the row remains, so that the person gets no second key. */
  wrappedKey: Buffer | null;
}

const columns = ['id', 'subject', 'ringKeyId', 'wrappedKey'] as const;

/** Returns the key of a person, or undefined if there never was one. */
export async function findSubjectKey(db: Db, subject: string): Promise<StoredSubjectKey | undefined> {
  return db.selectFrom('subjectKeys').select(columns).where('subject', '=', subject).executeTakeFirst();
}

/** A key by its id, or undefined. */
export async function findSubjectKeyById(db: Db, id: string): Promise<StoredSubjectKey | undefined> {
  return db.selectFrom('subjectKeys').select(columns).where('id', '=', id).executeTakeFirst();
}

/** Stores a new key, unless the person already has one. */
export async function insertSubjectKey(db: Db, key: StoredSubjectKey): Promise<void> {
  await db
    .insertInto('subjectKeys')
    .values(key)
    .onConflict((conflict) => conflict.column('subject').doNothing())
    .execute();
}

/** Stores a key encrypted with another key of the ring, unless it was destroyed or stored again meanwhile. */
export async function rewrapSubjectKey(
  db: Db,
  { id, ringKeyId }: StoredSubjectKey,
  next: { ringKeyId: string; wrappedKey: Buffer },
): Promise<void> {
  await db
    .updateTable('subjectKeys')
    .set(next)
    .where('id', '=', id)
    .where('ringKeyId', '=', ringKeyId)
    .where('wrappedKey', 'is not', null)
    .execute();
}

/** Returns some of the keys that are not encrypted with the given key of the ring. */
export async function listForeignSubjectKeys(
  db: Db,
  ringKeyId: string,
  limit: number,
): Promise<StoredSubjectKey[]> {
  return db
    .selectFrom('subjectKeys')
    .select(columns)
    .where('ringKeyId', '!=', ringKeyId)
    .where('wrappedKey', 'is not', null)
    .limit(limit)
    .execute();
}

/**
 * Destroys the keys of these people, and ensures that none of them gets another one. Returns how many keys were destroyed. Waits for keys
 * that other transactions are storing, and destroys them as well.
 */
export async function destroySubjectKeys(trx: Trx, subjects: readonly string[]): Promise<number> {
  const destroyed = await trx
    .updateTable('subjectKeys')
    .set({ wrappedKey: null, destroyedAt: sql<Date>`now()` })
    .where('subject', 'in', subjects)
    .where('wrappedKey', 'is not', null)
    .returning('id')
    .execute();
  const tombstones = subjects.map((subject) => ({
    id: randomUUID(),
    subject,
    ringKeyId: '',
    wrappedKey: null,
    destroyedAt: new Date(),
  }));
  const late = await trx
    .insertInto('subjectKeys')
    .values(tombstones)
    .onConflict((conflict) =>
      conflict
        .column('subject')
        .doUpdateSet({ wrappedKey: null, destroyedAt: sql<Date>`now()` })
        .where('subjectKeys.wrappedKey', 'is not', null),
    )
    .returning('id')
    .execute();
  return (
    destroyed.length + late.filter(({ id }) => !tombstones.some((tombstone) => tombstone.id === id)).length
  );
}

/** People's keys that a key of the ring encrypts. */
export async function countWrappedBy(db: Db, ringKeyId: string): Promise<number> {
  const { count } = await db
    .selectFrom('subjectKeys')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('ringKeyId', '=', ringKeyId)
    .where('wrappedKey', 'is not', null)
    .executeTakeFirstOrThrow();
  return count;
}
