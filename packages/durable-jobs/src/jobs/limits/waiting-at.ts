import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { BEHIND } from './behind.ts';
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
}

/** Returns what a start waits for, given the key of the limit; `behind` if that is an earlier start of its job, or its run. */
export async function limitedWait(db: Db, limitKey: string): Promise<LimitedWait | 'behind'> {
  if (limitKey === BEHIND) return 'behind';
  const { kind, key } = partsOf(limitKey);
  const { rows } = await sql<Pick<LimitedWait, 'held' | 'holder' | 'freeAt'>>`
    SELECT count(*)::int AS held, (array_agg(job_id ORDER BY taken_at))[1] AS holder, min(ends_at) AS "freeAt"
    FROM limit_slots WHERE limit_key = ${limitKey} AND (ends_at IS NULL OR ends_at > now())`.execute(db);
  const { held, holder, freeAt } = rows[0] ?? { held: 0, holder: null, freeAt: null };
  return { kind, key: key === '' ? null : key, held, holder, freeAt };
}
