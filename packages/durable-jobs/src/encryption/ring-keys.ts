import { sql } from 'kysely';
import type { Db } from '../database/connect.ts';

/** A key of the ring with which data may be encrypted. */
export interface UsedRingKey {
  id: string;
  fingerprint: string;
}

/** Returns every key of the ring that was ever used here, except those that were forgotten on purpose. */
export async function listUsedRingKeys(db: Db): Promise<(UsedRingKey & { lastUsedAt: Date })[]> {
  return db
    .selectFrom('payloadKeys')
    .select(['id', 'fingerprint', 'lastUsedAt'])
    .orderBy('firstUsedAt')
    .execute();
}

/** Records that a key of the ring is used for encryption. The fingerprint of a known key is kept. */
export async function noteUsedRingKey(db: Db, { id, fingerprint }: UsedRingKey): Promise<void> {
  await db
    .insertInto('payloadKeys')
    .values({ id, fingerprint })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ lastUsedAt: sql<Date>`now()` }))
    .execute();
}

/** Records that data encrypted with these keys may have been copied until now. */
export async function touchRingKeys(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('payloadKeys')
    .set({ lastUsedAt: sql<Date>`now()` })
    .where('id', 'in', ids)
    .execute();
}

/** Forgets a key of the ring: whatever it encrypted becomes unreadable. Returns whether the key was known. */
export async function forgetRingKey(db: Db, id: string): Promise<boolean> {
  const row = await db.deleteFrom('payloadKeys').where('id', '=', id).returning('id').executeTakeFirst();
  return row !== undefined;
}
