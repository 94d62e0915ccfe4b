import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import type { StoredEntry } from './enqueue.ts';
import { isStillToMake } from './still-to-make.ts';

/**
 * Defers entries behind an earlier start of their job that is still to be made, until that one is due. Entries of the same call do not
 * defer one another. Returns the deferred entries' ids, each with the open run that the earlier start waits for, if any.
 */
export async function deferBehind(
  db: Db,
  entries: readonly StoredEntry[],
): Promise<Map<number, string | null>> {
  const ids = entries.flatMap(({ id, jobId }) => (jobId === null ? [] : [id]));
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ id: number; waitsFor: string | null }>`
    WITH behind AS MATERIALIZED (
      SELECT entry.id, earlier.run_id AS waits_for, earlier.next_attempt_at
      FROM outbox AS entry CROSS JOIN LATERAL (
        SELECT run_id, next_attempt_at FROM outbox AS earlier
        WHERE earlier.job_id = entry.job_id AND earlier.id < entry.id AND earlier.id <> ALL(${ids})
          AND NOT is_held AND ${isStillToMake}
          -- A start that cannot wait is refused while one before it waits for an open run.
          AND (run_id IS NULL OR entry.dedupe_key IS NULL AND entry.retry IS NULL)
        ORDER BY earlier.id DESC LIMIT 1
      ) AS earlier
      WHERE entry.id = ANY(${ids})
    )
    UPDATE outbox SET next_attempt_at = behind.next_attempt_at FROM behind
    WHERE outbox.id = behind.id AND ${isStillToMake}
    RETURNING outbox.id, behind.waits_for AS "waitsFor"`.execute(db);
  return new Map(rows.map(({ id, waitsFor }) => [id, waitsFor]));
}
