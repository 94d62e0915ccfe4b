import type { Trx } from '../../database/connect.ts';
import { latestExpiry, replaceStarts } from '../outbox/replace-starts.ts';
import { lockKept } from './lock-kept.ts';

/**
 * Lets the newest of the starts that wait at a limit, by its id, replace the others, in the transaction in which it joins them. The caller has
 * the lock of the limit. One whose row others have locked is left: it is made by itself. Returns the jobs of those that were replaced.
 */
export async function keepNewest(trx: Trx, keptKey: string): Promise<string[]> {
  const waiting = await lockKept(trx, keptKey);
  const newest = waiting.at(-1);
  const replaced = waiting.slice(0, -1);
  const [first] = replaced;
  if (!newest || !first) return [];
  const mergeId = first.mergeId ?? first.id;
  await replaceStarts(trx, replaced, { standing: newest, mergeId });
  await trx
    .updateTable('outbox')
    .set({ mergeId, expiresAt: latestExpiry(waiting) })
    .where('id', '=', newest.id)
    .execute();
  return replaced.map(({ jobId }) => jobId);
}
