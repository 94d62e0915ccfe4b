import type { Db, Trx } from '../database/schema.ts';

/** A user as the rest of the program sees one; the password's hash never leaves this file. */
export interface User {
  id: string;
  email: string;
  name: string;
  createdAt: Date;
  /** When the person was erased; the row has belonged to no one since. */
  erasedAt: Date | null;
}

const columns = ['id', 'email', 'name', 'createdAt', 'erasedAt'] as const;

/** Adds a user, or returns undefined if the address is taken. `email` is normalised already. */
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

/** A user by id, or undefined. */
export async function findUser(db: Db, id: string): Promise<User | undefined> {
  return db.selectFrom('users').select(columns).where('id', '=', id).executeTakeFirst();
}

/** A user by normalised address, or undefined. */
export async function findUserByEmail(db: Db, email: string): Promise<User | undefined> {
  return db.selectFrom('users').select(columns).where('email', '=', email).executeTakeFirst();
}
