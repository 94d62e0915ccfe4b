import { sql } from 'kysely';
import type { Db } from '../database/connect.ts';

/** A key of the ring that something may be encrypted with. */
export interface UsedRingKey {
  id: string;
  fingerprint: string;
}

/** Every key of the ring that was ever used here, but for those that were forgotten on purpose. */
export async function listUsedRingKeys(db: Db): Promise<(UsedRingKey & { lastUsedAt: Date })[]> {
  return db
    .selectFrom('payloadKeys')
    .select(['id', 'fingerprint', 'lastUsedAt'])
    .orderBy('firstUsedAt')
    .execute();
}

/** Notes that a key of the ring encrypts now. The fingerprint of a known one stays. */
export async function noteUsedRingKey(db: Db, { id, fingerprint }: UsedRingKey): Promise<void> {
  await db
    .insertInto('payloadKeys')
    .values({ id, fingerprint })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ lastUsedAt: sql<Date>`now()` }))
    .execute();
}

/** Notes that something which was encrypted with these keys may have been copied until now. */
export async function touchRingKeys(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('payloadKeys')
    .set({ lastUsedAt: sql<Date>`now()` })
    .where('id', 'in', ids)
    .execute();
}

/** Forgets a key of the ring: nothing that it encrypted can be read any more. Returns whether it was known. */
export async function forgetRingKey(db: Db, id: string): Promise<boolean> {
  const row = await db.deleteFrom('payloadKeys').where('id', '=', id).returning('id').executeTakeFirst();
  return row !== undefined;
}
