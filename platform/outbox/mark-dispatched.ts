import type { Db, Trx } from '../database/connect.ts';
import type { OutboxEntry } from './enqueue.ts';

/** Notes that an entry's start was made, and which run came of it where it started one anew. */
export async function markDispatched(db: Db | Trx, entry: OutboxEntry, runId: string | null): Promise<void> {
  await db.updateTable('outbox').set({ dispatched_at: new Date() }).where('id', '=', entry.id).execute();
  if (!entry.retry || runId === null) return;
  await db
    .updateTable('job_retries')
    .set({ new_run_id: runId })
    .where('job_id', '=', entry.jobId)
    .where('run_id', '=', entry.retry.runId)
    .execute();
}
