import type { Client } from '@temporalio/client';
import { sql } from 'kysely';
import type { Db } from '../database/connect.ts';
import { errorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { isEngineUnavailable } from '../temporal.ts';
import { entryColumns } from './enqueue.ts';
import { markDispatched } from './mark-dispatched.ts';
import { performEntry } from './perform.ts';

interface RelayDeps {
  db: Db;
  client: Client;
  logger: Logger;
}

/** Entries that one pass takes. Their rows stay locked while it lasts. */
const BATCH = 50;
const MAX_BACK_OFF_SECONDS = 300;

/**
 * One pass over what is due, oldest entry first. Several relays, and an entry that backs off, may still make a later
 * entry before an earlier one: starts do not depend on each other's order. Returns how many entries it made.
 */
export async function relayOnce(deps: RelayDeps, signal?: AbortSignal): Promise<number> {
  return deps.db.transaction().execute(async (trx) => {
    const rows = await trx
      .selectFrom('outbox')
      .select(entryColumns)
      .where('dispatched_at', 'is', null)
      .where('next_attempt_at', '<=', sql<Date>`now()`)
      .orderBy('id')
      .limit(BATCH)
      .forUpdate()
      .skipLocked()
      .execute();
    let made = 0;
    for (const entry of rows) {
      if (signal?.aborted) break;
      try {
        await markDispatched(trx, entry, await performEntry(deps.client, entry));
        made++;
      } catch (error) {
        // One entry that can't be made must not hold up those behind it; an engine that is away holds up all.
        await trx
          .updateTable('outbox')
          .set({
            attempts: entry.attempts + 1,
            last_error: errorMessage(error),
            next_attempt_at: sql<Date>`clock_timestamp() + make_interval(secs => ${Math.min(2 ** entry.attempts, MAX_BACK_OFF_SECONDS)})`,
          })
          .where('id', '=', entry.id)
          .execute();
        deps.logger.warn({ err: error, jobId: entry.jobId }, 'the relay could not start a job');
        if (isEngineUnavailable(error)) break;
      }
    }
    if (made > 0) deps.logger.info({ made }, 'the outbox relay made what was left');
    return made;
  });
}
