import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { countReplaced } from '../debounce/merged.ts';
import { NEVER } from '../outbox/never.ts';
import { BEHIND } from './behind.ts';
import { isHeldSlot } from './held-slot.ts';
import { partsOf, type LimitKind } from './limits-of.ts';

/** What a start waits for at a limit. */
export interface LimitedWait {
  kind: LimitKind;
  /** The key that the job's definition derives from the input; null if all starts of the job are counted together. */
  key: string | null;
  /** How many slots are held. */
  held: number;
  /** The job that has held its slot for the longest time. */
  holder: string | null;
  /** When the next slot of a throttle is free. */
  freeAt: Date | null;
  /** Whether the cancellation of an open run was requested, so that the start can take its place. */
  isBeingFreed: boolean;
  /** How many earlier starts it has replaced. */
  replaced: number;
}

/**
 * Returns what a start waits for: `behind` if that is an earlier start of its job, or its run. If one start of a limit is kept, that is explained
 * by the limit as soon as a slot of it is held.
 */
export async function limitedWait(
  db: Db,
  { limitKey, keptKey, mergeId }: { limitKey: string; keptKey: string | null; mergeId: number | null },
): Promise<LimitedWait | 'behind'> {
  if (limitKey !== BEHIND) return waitAt(db, limitKey, mergeId);
  const wait = keptKey === null ? undefined : await waitAt(db, keptKey, mergeId);
  return wait && wait.held > 0 ? wait : 'behind';
}

async function waitAt(db: Db, limitKey: string, mergeId: number | null): Promise<LimitedWait> {
  const { kind, key } = partsOf(limitKey);
  const { rows } = await sql<Pick<LimitedWait, 'held' | 'holder' | 'freeAt' | 'isBeingFreed'>>`
    SELECT count(*)::int AS held, (array_agg(job_id ORDER BY taken_at))[1] AS holder, min(ends_at) AS "freeAt",
      coalesce(bool_or(keep_after = ${NEVER}), false) AS "isBeingFreed"
    FROM limit_slots WHERE limit_key = ${limitKey} AND ${isHeldSlot}`.execute(db);
  const slots = rows[0] ?? { held: 0, holder: null, freeAt: null, isBeingFreed: false };
  return { kind, key: key === '' ? null : key, ...slots, replaced: await countReplaced(db, mergeId) };
}
