import { sql } from 'kysely';
import type { Accepted } from './accepted.ts';
import type { Evidence } from './evidence.ts';
import type { MatrixStack } from './stack.ts';

/** Invoices keep their customer's name and address, as the law requires. */
const KEPT = ['invoices'];

/** Finds the people who should be erased, and every table with a row that contains their address or name. */
export async function findLeavers(
  { db }: MatrixStack,
  erasures: Accepted['erasures'],
): Promise<Evidence['leavers']> {
  if (erasures.length === 0) return [];
  const users = await db
    .selectFrom('users')
    .select(['id', 'erasedAt'])
    .where(
      'id',
      'in',
      erasures.map(({ userId }) => userId),
    )
    .execute();
  const tables = await db.introspection.getTables();
  // The name is the local part of the address, and belongs to one person alone.
  const names = erasures.map(({ email }) => email.replace(/@.*/, ''));
  const found = new Map<string, string[]>();
  for (const { name: table } of tables.filter(({ name, isView }) => !isView && !KEPT.includes(name))) {
    const { rows } = await sql<{ name: string }>`
      SELECT DISTINCT leaver.own_name AS name
      FROM ${sql.table(table)} AS any_row, unnest(${names}::text[]) AS leaver(own_name)
      WHERE any_row::text LIKE '%leaver-%' AND any_row::text ~ (leaver.own_name || '([^0-9]|$)')`.execute(db);
    for (const { name } of rows) found.set(name, [...(found.get(name) ?? []), table]);
  }
  return erasures.map(({ userId }, index) => ({
    userId,
    erasedAt: users.find(({ id }) => id === userId)?.erasedAt ?? null,
    tables: found.get(names[index] ?? '') ?? [],
  }));
}
