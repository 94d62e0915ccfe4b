import type { Client } from '@temporalio/client';
import type { Db } from '../../database/connect.ts';
import { newestMadeStarts } from '../outbox/find.ts';
import { begunSince } from './begun-since.ts';

/** Number of the newest starts that are looked for. */
const SAMPLE = 20;
/** An older start that is not in the list changed nothing: the engine's index lags by seconds at most. */
const LONGEST_LAG_MS = 60_000;

/**
 * Returns up to when a list from the engine's index of runs is complete. The index is written a moment after the runs, so the newest starts
 * that we made are looked for; `now` if all of them are present.
 */
export async function listedUpTo(deps: { db: Db; client: Client }, now: Date): Promise<Date> {
  const made = (await newestMadeStarts(deps.db, SAMPLE)).filter(
    ({ madeAt }) => now.getTime() - madeAt.getTime() < LONGEST_LAG_MS,
  );
  const begun = await begunSince(deps.client, made);
  const missing = made.filter(({ jobId }) => !begun.has(jobId)).map(({ madeAt }) => madeAt.getTime());
  return new Date(Math.min(now.getTime(), ...missing));
}
