import type { Db } from '../database/connect.ts';
import type { OutboxEntry } from './outbox/enqueue.ts';
import { newestRunOf } from './outbox/find.ts';

/** Returns the job that already existed, from the tables: its newest run, if one is recorded, and when it starts or started. */
export async function existingStart(
  db: Db,
  { jobId, startAt, acceptedAt }: OutboxEntry,
): Promise<{ runId: string | null; startAt: string }> {
  return { runId: await newestRunOf(db, jobId), startAt: (startAt ?? acceptedAt).toISOString() };
}
