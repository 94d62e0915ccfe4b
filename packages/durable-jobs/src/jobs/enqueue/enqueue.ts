import { currentJobContext } from '../../telemetry/job-context.ts';
import { durationMs } from '../../values/duration.ts';
import { jobId, type InputOf, type JobDefinition } from '../job-definition.ts';
import { runStatement, type SqlClient, type Statement } from './sql-client.ts';

/** What may be said of a start. */
export interface EnqueueOptions {
  /** How long after the commit's transaction began the job starts at the earliest, such as `7d`. */
  delay?: string;
  /** When the job starts at the earliest. */
  startAt?: Date;
  /** The job does not start later than this: a start that was not made by then is dropped, and recorded as expired. */
  expiresAt?: Date;
  /** As `expiresAt`, counted from the time at which the job may start, such as `1h`. */
  expiresIn?: string;
  /** Takes the place of the job's own key, and starts the job once: a repeat finds the first start. */
  dedupeKey?: string;
}

/**
 * Commits a job's start with the caller's own transaction: where that is rolled back, nothing starts. The relay starts the job as
 * soon as it is committed. Returns the id that the job has.
 * @throws {ZodError} where the input does not fit the job's schema, or `delay` or `expiresIn` is no duration; {TypeError} where two times
 * exclude each other, or the client runs no SQL; the client's error where `expiresAt` is not later than the start.
 */
export async function enqueue<Job extends JobDefinition>(
  client: SqlClient,
  job: Job,
  input: InputOf<Job>,
  options: EnqueueOptions = {},
): Promise<{ jobId: string }> {
  const parsed = job.input.parse(input);
  await runStatement(client, statementOf(job.type, parsed, options));
  return { jobId: jobId(job, parsed, options.dedupeKey) };
}

/** `now()` is the database's: the clocks of applications may differ. */
function statementOf(type: string, input: object, options: EnqueueOptions): Statement {
  const { delay, startAt, expiresAt, expiresIn, dedupeKey } = options;
  if (delay !== undefined && startAt !== undefined) throw new TypeError('give delay or startAt, not both');
  if (expiresIn !== undefined && expiresAt !== undefined)
    throw new TypeError('give expiresIn or expiresAt, not both');
  const { requestId, traceparent } = currentJobContext();
  return {
    text: `SELECT durable_jobs.enqueue(type, input, key, start_at, request_id, traceparent,
        coalesce(expires_at, coalesce(start_at, now()) + make_interval(secs => expires_in)))
      FROM (SELECT $1::text AS type, $2::jsonb AS input, $3::text AS key,
        coalesce($4::timestamptz, now() + make_interval(secs => $5::float8)) AS start_at, $6::text AS request_id,
        $7::text AS traceparent, $8::timestamptz AS expires_at, $9::float8 AS expires_in) AS start`,
    values: [
      type,
      JSON.stringify(input),
      dedupeKey ?? null,
      startAt?.toISOString() ?? null,
      secondsOf(delay),
      requestId ?? null,
      traceparent ?? null,
      expiresAt?.toISOString() ?? null,
      secondsOf(expiresIn),
    ],
  };
}

function secondsOf(duration: string | undefined): number | null {
  return duration === undefined ? null : durationMs.parse(duration) / 1_000;
}
