import type { InputOf, JobDefinition } from '../job-definition.ts';
import { runStatement, type SqlClient } from './sql-client.ts';
import { checkedStart, enqueueStatement, type EnqueueOptions } from './statement.ts';

/**
 * Enqueues a job in the caller's own transaction: after a rollback, nothing starts. The relay starts the job as soon as the transaction is
 * committed. Returns the job's id.
 * @throws {ZodError} if the input does not match the job's schema, or `delay` or `expiresIn` is not a duration; {TypeError} if two times
 * exclude each other, or the client can't run SQL; the client's error if `expiresAt` is not later than the start.
 */
export async function enqueue<Job extends JobDefinition>(
  client: SqlClient,
  job: Job,
  input: InputOf<Job>,
  options: EnqueueOptions = {},
): Promise<{ jobId: string }> {
  const start = checkedStart(job, input, options);
  await runStatement(client, enqueueStatement([start], null));
  return { jobId: start.jobId };
}
