import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import type { StoredEntry } from './enqueue.ts';
import { areWaiting, isStillToMake } from './still-to-make.ts';

/**
 * Defers entries behind an earlier start of their job that is still to be made, until that one is due, and shorter if it may be made before:
 * by its own process or another pass. Entries of the same call do not defer one another. Returns the ids of the entries behind, each with the
 * open run that the earlier start waits for, if any. The time of an entry whose row is locked does not change: this waits for nobody.
 */
export async function deferBehind(
  db: Db,
  entries: readonly StoredEntry[],
): Promise<Map<number, string | null>> {
  const ids = entries.flatMap(({ id, jobId }) => (jobId === null ? [] : [id]));
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ id: number; waitsFor: string | null }>`
    WITH behind AS MATERIALIZED (
      SELECT entry.id, earlier.run_id AS waits_for,
        -- A start that never failed is usually being made. The back-off of one that did is shorter than this limit.
        least(greatest(earlier.next_attempt_at, now() + interval '1 second'),
          now() + make_interval(secs => 2 ^ least(earlier.attempts, 9))) AS due_at
      FROM outbox AS entry CROSS JOIN LATERAL (
        SELECT run_id, next_attempt_at, attempts FROM outbox AS earlier
        WHERE earlier.job_id = entry.job_id AND earlier.id < entry.id AND earlier.id <> ALL(${ids})
          AND ${areWaiting}
          -- A start that cannot wait is refused while one before it waits for an open run.
          AND (run_id IS NULL OR entry.dedupe_key IS NULL AND entry.retry IS NULL)
        ORDER BY earlier.id DESC LIMIT 1
      ) AS earlier
      WHERE entry.id = ANY(${ids})
    ), unlocked AS MATERIALIZED (
      SELECT id FROM outbox WHERE id = ANY(ARRAY(SELECT id FROM behind)) AND NOT is_held AND ${isStillToMake}
      ORDER BY id FOR UPDATE SKIP LOCKED
    ), deferred AS (
      UPDATE outbox SET next_attempt_at = (SELECT due_at FROM behind WHERE behind.id = outbox.id)
      WHERE id = ANY(ARRAY(SELECT id FROM unlocked))
    )
    SELECT id, waits_for AS "waitsFor" FROM behind`.execute(db);
  return new Map(rows.map(({ id, waitsFor }) => [id, waitsFor]));
}
