import type { Db } from '../../database/connect.ts';
import { countCommittedStarts } from '../../jobs/outbox/find.ts';
import type { Batch } from './batch-body.ts';

/**
 * The number of starts that match the query of a batch and are not made yet. The batch does not act on them, because it finds the engine's
 * runs. As in the list of jobs, a status other than `scheduled`, and a filter by time or error, match none.
 */
export async function countLeftOut(db: Db, batch: Batch): Promise<number> {
  if (batch.jobs !== undefined) return 0;
  const { statuses, types, businessKey, businessKeyPrefix, ...times } = batch.filter;
  if (!statuses.includes('scheduled') || batch.error || Object.values(times).some((time) => time)) return 0;
  // A held start is shown as waiting.
  const isHeld = statuses.length === 1 ? false : undefined;
  return countCommittedStarts(db, { types, businessKey, businessKeyPrefix, isHeld });
}
