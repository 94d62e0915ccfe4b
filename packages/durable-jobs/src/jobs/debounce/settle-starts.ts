import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { notifyRelay } from '../outbox/enqueue.ts';
import { areDebounced } from './are-debounced.ts';

/** Starts that are handed to the relay per pass. */
const MOST = 500;

/** Those that no relay has yet. */
const areHeld = sql<boolean>`${areDebounced} AND is_held`;

/**
 * Hands starts to the relay whose key is quiet, or that have waited for as long as they may. Passes may run concurrently: one whose row is
 * locked is being replaced, or found by the next pass. Returns how many there were, whether there may be more, and when the next one is due.
 */
export async function settleStarts(
  db: Db,
): Promise<{ settled: number; more: boolean; nextAt: Date | undefined }> {
  const next = await db
    .selectFrom('outbox')
    .select(['settlesAt', sql<boolean>`settles_at <= now()`.as('isDue')])
    .where(areHeld)
    .orderBy('settlesAt')
    .limit(1)
    .executeTakeFirst();
  if (!next?.isDue) return { settled: 0, more: false, nextAt: next?.settlesAt ?? undefined };
  const { rows } = await sql<{ id: number }>`
    WITH settled AS MATERIALIZED (
      SELECT id FROM outbox WHERE ${areHeld} AND settles_at <= now()
      ORDER BY settles_at LIMIT ${MOST} FOR UPDATE SKIP LOCKED)
    UPDATE outbox SET is_held = false, debounce_key = NULL, next_attempt_at = now()
    FROM settled WHERE outbox.id = settled.id RETURNING outbox.id`.execute(db);
  if (rows.length === 0) return { settled: 0, more: false, nextAt: next.settlesAt ?? undefined };
  await notifyRelay(db);
  // The next one is found by the pass that follows at once.
  return { settled: rows.length, more: true, nextAt: undefined };
}
