import type { InputOf, JobDefinition } from '../job-definition.ts';
import { runStatement, type SqlClient } from './sql-client.ts';
import { checkedStart, enqueueStatement, type EnqueueOptions } from './statement.ts';

/**
 * Commits a job's start with the caller's own transaction: if that is rolled back, nothing starts. The relay starts the job as soon as it
 * is committed. Returns the id that the job has.
 * @throws {ZodError} if the input does not fit the job's schema, or `delay` or `expiresIn` is no duration; {TypeError} if two times exclude
 * each other, or the client runs no SQL; the client's error if `expiresAt` is not later than the start.
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
