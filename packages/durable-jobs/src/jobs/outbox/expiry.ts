import { WorkflowNotFoundError } from '@temporalio/client';
import { sql } from 'kysely';
import type { Db } from '../../database/connect.ts';
import { STARTED_BY } from '../names.ts';
import type { StoredEntry } from './enqueue.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ActDeps } from '../act/act-deps.ts';
import { wakeAwaiting } from '../flow/wake.ts';
import { NEVER } from './never.ts';
import { recordOutcome } from './record-outcome.ts';
import { requestIdOf } from './start-job.ts';
import { isStillToMake } from './still-to-make.ts';

/**
 * Upper bound of the time after its expiry in which a call that starts the job may still be in progress: see the deadline in perform.ts.
 */
const UNDER_WAY_MS = 15_000;

/** Time limit of calls to the engine about an expired start. */
const CALL_TIMEOUT_MS = 10_000;

/** Whether a start has expired. */
export function isExpired({ expiresAt }: Pick<StoredEntry, 'expiresAt'>): boolean {
  return expiresAt !== null && expiresAt.getTime() <= Date.now();
}

/**
 * Records that a start has expired, once no call can still make it. A call of a process that died before it recorded the outcome may have
 * made the start: then it is recorded as made. Repeats are safe.
 * @throws the client's error if the engine does not respond.
 */
export async function settleExpired(deps: ActDeps & { logger: Logger }, entry: StoredEntry): Promise<void> {
  const { db, logger } = deps;
  const { id, jobId, jobType, expiresAt } = entry;
  const isCertainAt = new Date((expiresAt?.getTime() ?? 0) + UNDER_WAY_MS);
  if (isCertainAt.getTime() > Date.now()) return tryAt(db, id, isCertainAt);
  const runId = jobId === null ? undefined : await runMadeBy(deps, { ...entry, jobId });
  if (jobId !== null && runId !== undefined) {
    await recordOutcome(db, { ...entry, jobId }, { kind: 'started', runId });
    return;
  }
  await dropExpired(db, id);
  if (jobId !== null) await wakeAwaiting(db, [jobId]);
  logger.warn({ entryId: id, jobType, jobId, expiresAt }, 'a start has expired; the job is not started');
}

/** Returns the run that an entry's start made, if it is the job's newest. */
async function runMadeBy(
  { client }: Pick<ActDeps, 'client'>,
  entry: StoredEntry & { jobId: string },
): Promise<string | undefined> {
  return client.withDeadline(Date.now() + CALL_TIMEOUT_MS, async () => {
    try {
      const { memo, runId } = await client.workflow.getHandle(entry.jobId).describe();
      return memo?.[STARTED_BY] === requestIdOf(entry) ? runId : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  });
}

async function tryAt(db: Db, id: number, at: Date): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ nextAttemptAt: at })
    .where('id', '=', id)
    .where(isStillToMake)
    .execute();
}

async function dropExpired(db: Db, id: number): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ outcome: 'expired', droppedAt: sql<Date>`now()`, nextAttemptAt: NEVER, runId: null })
    .where('id', '=', id)
    .where(isStillToMake)
    // It may stand for starts that expire later, by now.
    .where('isHeld', '=', false)
    .execute();
}
