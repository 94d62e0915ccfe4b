import { sql } from 'kysely';
import type { Role } from '../http/roles.ts';
import type { Db, Trx } from '../database/connect.ts';
import { readPage, type Page, type PageRequest } from '../database/pages.ts';

/** An API key as requests are checked against it. */
export interface ApiKey {
  id: string;
  name: string;
  role: Role;
  secretHash: string;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

/** An API key as lists show it. */
export interface ListedApiKey extends Omit<ApiKey, 'secretHash'> {
  createdAt: Date;
  lastUsedAt: Date | null;
}

const listed = ['id', 'name', 'role', 'createdAt', 'lastUsedAt', 'expiresAt', 'revokedAt'] as const;

/** Adds a key. */
export async function insertApiKey(
  db: Db | Trx,
  key: { id: string; name: string; role: Role; secretHash: string; expiresAt: Date | null },
): Promise<void> {
  await db.insertInto('apiKeys').values(key).execute();
}

/**
 * Whether a key is neither revoked nor expired. It cannot be revoked before the end of the caller's transaction.
 */
export async function isKeyUsable(trx: Trx, id: string): Promise<boolean> {
  const key = await usableKeyIds(trx).where('id', '=', id).forShare().executeTakeFirst();
  return key !== undefined;
}

function usableKeyIds(db: Db | Trx) {
  return db
    .selectFrom('apiKeys')
    .select('id')
    .where('revokedAt', 'is', null)
    .where((eb) => eb.or([eb('expiresAt', 'is', null), eb('expiresAt', '>', sql<Date>`now()`)]));
}

/** Returns a key by id, including revoked and expired ones, or undefined. */
export async function findApiKey(db: Db, id: string): Promise<ApiKey | undefined> {
  return db
    .selectFrom('apiKeys')
    .select(['id', 'name', 'role', 'secretHash', 'expiresAt', 'revokedAt'])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Returns the ids of all keys that are neither revoked nor expired. */
export async function listUsableKeyIds(db: Db): Promise<string[]> {
  const rows = await usableKeyIds(db).execute();
  return rows.map(({ id }) => id);
}

/** Returns a page of the keys, including revoked and expired ones, newest first. */
export async function listApiKeys(db: Db, page: PageRequest): Promise<Page<ListedApiKey>> {
  const query = db.selectFrom('apiKeys').select(listed);
  return readPage(query, { at: 'apiKeys.createdAt', id: 'apiKeys.id' }, page);
}

/** Returns all keys, including revoked and expired ones, newest first. */
export async function listAllApiKeys(db: Db): Promise<ListedApiKey[]> {
  return db.selectFrom('apiKeys').select(listed).orderBy('createdAt', 'desc').orderBy('id').execute();
}

/**
 * Revokes a key permanently. A key that is already revoked keeps its time of revocation. Returns the key, or undefined if it does not
 * exist.
 */
export async function revokeApiKey(db: Db | Trx, id: string): Promise<ListedApiKey | undefined> {
  return db
    .updateTable('apiKeys')
    .set({ revokedAt: sql<Date>`coalesce(revoked_at, now())` })
    .where('id', '=', id)
    .returning(listed)
    .executeTakeFirst();
}

/** Records that a key was used just now. */
export async function touchApiKey(db: Db, id: string): Promise<void> {
  await db
    .updateTable('apiKeys')
    .set({ lastUsedAt: sql<Date>`now()` })
    .where('id', '=', id)
    .execute();
}
