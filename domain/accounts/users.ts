import type { Db, Trx } from '../database/schema.ts';

/** A user as the rest of the program sees it; the password's hash never leaves this file. */
export interface User {
  id: string;
  email: string;
  name: string;
  createdAt: Date;
  /** When the person was erased; since then, the row belongs to no one. */
  erasedAt: Date | null;
}

const columns = ['id', 'email', 'name', 'createdAt', 'erasedAt'] as const;

/** Adds a user; undefined if the address is in use. `email` must be normalized. */
export async function insertUser(
  trx: Trx,
  user: { email: string; name: string; passwordHash: string },
): Promise<User | undefined> {
  return trx
    .insertInto('users')
    .values(user)
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning(columns)
    .executeTakeFirst();
}

/** Returns a user by id, or undefined. */
export async function findUser(db: Db, id: string): Promise<User | undefined> {
  return db.selectFrom('users').select(columns).where('id', '=', id).executeTakeFirst();
}

/** Returns a user by normalized address, or undefined. */
export async function findUserByEmail(db: Db, email: string): Promise<User | undefined> {
  return db.selectFrom('users').select(columns).where('email', '=', email).executeTakeFirst();
}
