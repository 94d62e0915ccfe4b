import { sql } from 'kysely';
import { checkStart } from '../outbox/check-start.ts';
import { buryStart } from '../outbox/bury-start.ts';
import { entryColumns } from '../outbox/enqueue.ts';
import type { StartDeps } from '../outbox/make-start.ts';
import { NEVER } from '../outbox/never.ts';
import { StartRefusedError } from '../outbox/refused-start.ts';
import { areHeldAndExpire, areHeldToCheck } from '../outbox/still-to-make.ts';
import { wakeAwaiting } from './wake.ts';

/** Held starts checked per pass. */
const BATCH = 100;

/**
 * Checks held starts that SQL committed, so that their jobs have ids and invalid inputs are noticed early. A type that no process here
 * knows is left to the relay, which waits for it longer.
 */
export async function checkHeldStarts(deps: StartDeps): Promise<void> {
  const entries = await deps.db
    .selectFrom('outbox')
    .select(entryColumns)
    .where(areHeldToCheck)
    .where('jobType', 'in', deps.jobs.types)
    .orderBy('id')
    .limit(BATCH)
    .execute();
  for (const entry of entries) {
    try {
      await checkStart(deps, entry);
    } catch (error) {
      if (!(error instanceof StartRefusedError)) throw error;
      await buryStart(deps, entry, error);
    }
  }
}

/** Drops held starts that have expired. Nothing can have made them. */
export async function dropExpiredHeldStarts({ db }: Pick<StartDeps, 'db'>): Promise<void> {
  const dropped = await db
    .updateTable('outbox')
    .set({ outcome: 'expired', droppedAt: sql<Date>`now()`, nextAttemptAt: NEVER, isHeld: false })
    .where(areHeldAndExpire)
    .where('expiresAt', '<=', sql<Date>`now()`)
    .returning('jobId')
    .execute();
  const jobIds = dropped.flatMap(({ jobId }) => (jobId === null ? [] : [jobId]));
  if (jobIds.length > 0) await wakeAwaiting(db, jobIds);
}
