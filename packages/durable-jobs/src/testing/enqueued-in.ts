import { queryRows, type SqlClient } from '../jobs/enqueue/sql-client.ts';

/** A start that the open transaction has enqueued. */
export interface EnqueuedStart {
  /** The job's type. */
  type: string;
  input: unknown;
  /** The caller's own key; null if the job makes its key of the input. */
  dedupeKey: string | null;
  /** When the job starts at the earliest; null for at once. */
  startAt: Date | null;
}

/** One row with one text, so that every client returns the same. */
const startsOfTransaction = `
  SELECT coalesce(json_agg(json_build_object('type', job_type, 'input', input, 'dedupeKey', dedupe_key,
    'startAt', extract(epoch FROM start_at) * 1000) ORDER BY id), '[]')::text AS starts
  FROM durable_jobs.outbox
  -- Both are the time at which the transaction began.
  WHERE created_at = now()`;

/**
 * Lists what the open transaction of a client has enqueued, in the order in which it was enqueued. It takes whatever `enqueue` takes,
 * and works before the commit. After the commit or a rollback, and outside a transaction, the list is empty.
 * @throws {TypeError} if the client runs no SQL; otherwise what the client throws.
 */
export async function enqueuedIn(client: SqlClient): Promise<EnqueuedStart[]> {
  const [row] = await queryRows(client, { text: startsOfTransaction, values: [] });
  const starts = JSON.parse(String(row?.starts)) as (Omit<EnqueuedStart, 'startAt'> & {
    startAt: number | null;
  })[];
  return starts.map((start) => ({
    ...start,
    startAt: start.startAt === null ? null : new Date(start.startAt),
  }));
}
