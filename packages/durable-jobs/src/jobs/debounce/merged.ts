import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';

/** What a start waits for that is debounced. */
export interface DebouncedWait {
  /** The key that is to be quiet. */
  key: string;
  /** When it is made if no other start of the key comes, and the latest time; null if it has none. */
  startsAt: Date;
  latestAt: Date | null;
  /** How many earlier starts it stands for. */
  replaced: number;
}

/** Returns the key of the definition that is part of the key in rows. */
export function keyOfDebounce(debounceKey: string): string {
  return debounceKey.slice(debounceKey.indexOf(':') + 1);
}

/** Replaced starts are counted up to this number. */
const COUNTED = 10_000;

/** Returns how many earlier starts the one that stands for the merged ones has replaced. */
export async function countReplaced(db: Db, mergeId: number | null): Promise<number> {
  if (mergeId === null) return 0;
  const { rows } = await sql<{ replaced: number }>`
    SELECT count(*)::int AS replaced FROM (
      SELECT FROM outbox WHERE merge_id = ${mergeId} AND outcome = 'replaced' LIMIT ${COUNTED}) AS counted`.execute(
    db,
  );
  return rows[0]?.replaced ?? 0;
}

/**
 * Returns the start that stands for the merged ones; undefined if the outbox no longer has it. One that was not made because its job exists
 * comes last: another was made in its place, if there was one.
 */
export async function startThatStands(
  db: Db,
  mergeId: number | null,
): Promise<{ id: number; jobId: string } | undefined> {
  if (mergeId === null) return undefined;
  const row = await db
    .selectFrom('outbox')
    .select(['id', 'jobId'])
    .where('mergeId', '=', mergeId)
    .where(sql<boolean>`outcome IS DISTINCT FROM 'replaced'`)
    .orderBy(sql`outcome IS NOT DISTINCT FROM 'exists'`)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && row.jobId !== null ? { id: row.id, jobId: row.jobId } : undefined;
}
