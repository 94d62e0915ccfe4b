import type { InputOf, JobDefinition } from '../job-definition.ts';
import { runStatement, type SqlClient } from './sql-client.ts';
import type { EnqueueOptions } from './start-options.ts';
import { checkedStart, enqueueStatement } from './statement.ts';

/**
 * Enqueues a job in the caller's own transaction: after a rollback, nothing starts. The relay starts the job as soon as the transaction is
 * committed. Returns the job's id.
 * @throws {ZodError} if the input does not match the job's schema; {TypeError} if an option is unknown or not valid, two times exclude each
 * other, the job's key is not valid, or the client can't run SQL; the client's error if `expiresAt` is not later than the start.
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
