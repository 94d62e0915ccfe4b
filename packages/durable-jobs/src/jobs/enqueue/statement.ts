import { currentJobContext } from '../../telemetry/job-context.ts';
import { durationMs } from '../../values/duration.ts';
import type { AwaitedEnd } from '../flow/ends.ts';
import { jobId, type InputOf, type JobDefinition } from '../job-definition.ts';
import type { Statement } from './sql-client.ts';

/** Options of a start. */
export interface EnqueueOptions {
  /** Delay before the job starts, counted from the beginning of the transaction, such as `7d`. */
  delay?: string;
  /** Earliest time at which the job starts. */
  startAt?: Date;
  /** Latest time at which the job may start: a start that was not made by then is dropped and recorded as expired. */
  expiresAt?: Date;
  /** Like `expiresAt`, but relative to the time at which the job may start, such as `1h`. */
  expiresIn?: string;
  /** Replaces the job's own key, and starts the job only once: a repeat finds the first start. */
  dedupeKey?: string;
  /**
   * The job to wait for, by its id or as `enqueue` returned it, and the awaited end; `completes` by default. It refers to the newest start
   * of that job that was committed before; if there is none, to its open or newest run, or otherwise to its next run.
   */
  after?: { job: string | { jobId: string }; when?: AwaitedEnd };
}

/** A validated start as it is passed to the database. */
export interface CheckedStart {
  jobId: string;
  row: object;
}

/**
 * Validates a start.
 * @throws {ZodError} if the input does not match the job's schema, or a duration is not valid; {TypeError} if options exclude each other.
 */
export function checkedStart<Job extends JobDefinition>(
  job: Job,
  input: InputOf<Job>,
  options: EnqueueOptions,
): CheckedStart {
  const { delay, startAt, expiresAt, expiresIn, dedupeKey, after } = options;
  if (delay !== undefined && startAt !== undefined) throw new TypeError('give delay or startAt, not both');
  if (expiresIn !== undefined && expiresAt !== undefined)
    throw new TypeError('give expiresIn or expiresAt, not both');
  const parsed = job.input.parse(input);
  const id = jobId(job, parsed, dedupeKey);
  const row = {
    type: job.type,
    input: parsed,
    key: dedupeKey,
    start_at: startAt?.toISOString(),
    delay: secondsOf(delay),
    expires_at: expiresAt?.toISOString(),
    expires_in: secondsOf(expiresIn),
    after_job: typeof after?.job === 'string' ? after.job : after?.job.jobId,
    after_when: after?.when ?? 'completes',
    job_id: id,
  };
  return { jobId: id, row };
}

/**
 * Returns the statement that enqueues starts in their order. It uses the database's `now()`, because the clocks of applications may differ.
 */
export function enqueueStatement(starts: readonly CheckedStart[], groupId: string | null): Statement {
  const { requestId, traceparent } = currentJobContext();
  return {
    text: `SELECT durable_jobs.enqueue(type, input, key, begins_at, request_id, traceparent,
        coalesce(expires_at, coalesce(begins_at, now()) + make_interval(secs => expires_in)),
        after_job, NULL, after_when, group_id, job_id)
      FROM (SELECT $1::jsonb AS list, $2::text AS request_id, $3::text AS traceparent, $4::text AS group_id) AS given,
        jsonb_to_recordset(list) AS start (type text, input jsonb, key text, start_at timestamptz, delay float8,
          expires_at timestamptz, expires_in float8, after_job text, after_when text, job_id text),
        LATERAL (SELECT coalesce(start_at, now() + make_interval(secs => delay)) AS begins_at) AS times`,
    values: [JSON.stringify(starts.map(({ row }) => row)), requestId ?? null, traceparent ?? null, groupId],
  };
}

function secondsOf(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : durationMs.parse(duration) / 1_000;
}
