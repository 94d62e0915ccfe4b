import { getClient } from '@temporalio/activity';
import { sql } from 'kysely';
import type { BulkItem } from '../../contracts/bulk.ts';
import { wireCode } from '../../contracts/errors.ts';
import type { Trx } from '../../platform/database/connect.ts';
import { errorMessage } from '../../platform/errors.ts';
import { actOnRun } from '../../platform/jobs/act.ts';
import { findRun, type JobRun } from '../../platform/jobs/job-run.ts';
import { isRetried, lockJob } from '../../platform/jobs/lock-job.ts';
import { ActionRefusedError } from '../../platform/jobs/refusal.ts';
import { leaveToRelay } from '../../platform/outbox/enqueue.ts';
import type { ItemError } from '../../platform/repositories/bulk-jobs.ts';
import { isEngineUnavailable } from '../../platform/temporal.ts';
import type { BulkDeps, BulkTaskRunner } from './task.ts';

type Item = BulkItem<'act-on-jobs'>;
type Refusal = Omit<ItemError, 'position'>;

/**
 * Acts on runs of jobs, as operators do with one. A repeat is safe: what an action changes in our rows commits with the item,
 * and a run that has been acted on already is found so.
 */
export const actOnJobs: BulkTaskRunner<Item> = {
  // Each is a few calls to the engine, while its job is locked.
  chunkSize: 10,
  window: 4,
  async apply(trx, items, deps) {
    const errors: ItemError[] = [];
    // Locked in one order for all, so that chunks side by side never wait for each other in a circle.
    for (const { position, item } of [...items].sort((a, b) => (a.item.jobId < b.item.jobId ? -1 : 1))) {
      const refusal = await act(trx, item, deps);
      if (refusal) errors.push({ position, ...refusal });
    }
    return errors;
  },
};

async function act(trx: Trx, item: Item, { db }: BulkDeps): Promise<Refusal | undefined> {
  const client = getClient();
  // What a refused action has written is undone, without undoing what was done for the others.
  await sql`SAVEPOINT one_job`.execute(trx);
  try {
    const newest = await findRun(client, item.jobId);
    const run = newest?.runId === item.runId ? newest : await findRun(client, item.jobId, item.runId);
    if (!run) return { code: 'not_found', message: 'There is no such run.', retryable: false };
    if (await isDone(trx, run, item)) return undefined;
    if (run !== newest) return { code: 'job_closed', message: 'The job has a newer run.', retryable: false };
    const { starts } = await actOnRun({ db, trx, client }, run, item);
    for (const { id } of starts) await leaveToRelay(trx, id);
    return undefined;
  } catch (error) {
    await sql`ROLLBACK TO SAVEPOINT one_job`.execute(trx);
    if (error instanceof ActionRefusedError) {
      return { code: wireCode(error.code), message: error.message, retryable: false };
    }
    if (!isEngineUnavailable(error)) throw error;
    return { code: wireCode('engineUnavailable'), message: errorMessage(error), retryable: true };
  }
}

/** Whether what is asked for is so already, be it by an earlier attempt. */
async function isDone(trx: Trx, run: JobRun, { action }: Item): Promise<boolean> {
  if (action === 'cancel') return run.status === 'cancelled';
  if (action !== 'retry' || run.status === 'open') return false;
  await lockJob(trx, run.id);
  return isRetried(trx, run);
}
