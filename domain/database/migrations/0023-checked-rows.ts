import { sql, type Kysely } from 'kysely';
import { checkedColumns, conditionOf, constraintOf, groupsOf } from './0022-row-checks.ts';

export const transactional = false;

/** What a value becomes that a check refuses: the nearest one that it takes, or one that shows what was there. */
const mended = {
  times: (column: string) =>
    `least(greatest(${column}, timestamptz '1900-01-01 00:00:00+00'), timestamptz '2199-12-31 00:00:00+00')`,
  counts: (column: string) => `least(greatest(${column}, 0), 1000000)`,
  names: (column: string) => `left('invalid: ' || regexp_replace(${column}, '[[:cntrl:]]', '?', 'g'), 1000)`,
  objects: () => `'{"removed": "it was no object, or was nested too deep"}'::jsonb`,
} as const;

/** Brings in line the rows that were there before they were checked, and then has the server rely on the checks. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of Object.keys(checkedColumns)) {
    const columns = groupsOf(table).flatMap(([group, names]) => names.map((column) => ({ group, column })));
    // In one statement: a row with two such values meets the checks only when both are changed.
    const changes = columns.map(
      ({ group, column }) =>
        `${column} = CASE WHEN NOT (${conditionOf(group, column)}) THEN ${mended[group](column)} ELSE ${column} END`,
    );
    const bad = columns.map(({ group, column }) => `NOT (${conditionOf(group, column)})`);
    await sql.raw(`UPDATE ${table} SET ${changes.join(', ')} WHERE ${bad.join(' OR ')}`).execute(db);
    // One after the other: each reads the table once, and holds up no reader or writer.
    for (const [group] of groupsOf(table)) {
      await sql.raw(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${constraintOf(table, group)}`).execute(db);
    }
  }
}
