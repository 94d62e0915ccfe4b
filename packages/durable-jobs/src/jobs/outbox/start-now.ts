import type { Db } from '../../database/connect.ts';
import type { Dispatcher } from './dispatcher.ts';
import { findUnmadeEntry } from './find.ts';
import { isMade } from './start-outcome.ts';

/**
 * Makes the start of a job that is committed and not made yet, for a caller that needs its run. False where the engine does not make it in
 * time, and the relay will; true also where nothing was left to be made.
 */
export async function startNow(
  { db, dispatcher }: { db: Db; dispatcher: Dispatcher },
  jobId: string,
): Promise<boolean> {
  const entry = await findUnmadeEntry(db, jobId);
  if (!entry) return true;
  const outcome = await dispatcher.dispatch(entry);
  return outcome !== undefined && isMade(outcome);
}
