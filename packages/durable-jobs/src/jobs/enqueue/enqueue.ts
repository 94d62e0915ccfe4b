import { currentJobContext } from '../../telemetry/job-context.ts';
import { durationMs } from '../../values/duration.ts';
import { jobId, type JobDefinition } from '../job-definition.ts';
import { runStatement, type SqlClient, type Statement } from './sql-client.ts';

/** What may be said of a start. */
export interface EnqueueOptions {
  /** How long after the commit's transaction began the job starts at the earliest, such as `7d`. */
  delay?: string;
  /** When the job starts at the earliest. */
  startAt?: Date;
  /** Takes the place of the job's own key, and starts the job once: a repeat finds the first start. */
  dedupeKey?: string;
}

/**
 * Commits a job's start with the caller's own transaction: where that is rolled back, nothing starts. The relay starts the job as
 * soon as it is committed. Returns the id that the job has.
 * @throws {ZodError} where the input does not fit the job's schema, or `delay` is no duration; {TypeError} where both times are
 * given, or the client runs no SQL.
 */
export async function enqueue<Input extends object>(
  client: SqlClient,
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
  options: EnqueueOptions = {},
): Promise<{ jobId: string }> {
  const parsed = job.input.parse(input);
  await runStatement(client, statementOf(job.type, parsed, options));
  return { jobId: jobId(job, parsed, options.dedupeKey) };
}

/** `now()` is the database's: the clocks of applications may differ. */
function statementOf(type: string, input: object, { delay, startAt, dedupeKey }: EnqueueOptions): Statement {
  if (delay !== undefined && startAt !== undefined) {
    throw new TypeError('a job was to be enqueued with both a delay and a time');
  }
  const { requestId, traceparent } = currentJobContext();
  return {
    text: `SELECT durable_jobs.enqueue($1::text, $2::jsonb, $3::text,
      coalesce($4::timestamptz, now() + make_interval(secs => $5::float8)), $6::text, $7::text)`,
    values: [
      type,
      JSON.stringify(input),
      dedupeKey ?? null,
      startAt?.toISOString() ?? null,
      delay === undefined ? null : durationMs.parse(delay) / 1_000,
      requestId ?? null,
      traceparent ?? null,
    ],
  };
}
