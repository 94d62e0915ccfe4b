import { currentJobContext } from '../../telemetry/job-context.ts';
import { durationMs } from '../../values/duration.ts';
import type { AwaitedEnd } from '../flow/ends.ts';
import { jobId, type InputOf, type JobDefinition } from '../job-definition.ts';
import type { Statement } from './sql-client.ts';

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
  /**
   * The job that it starts after: by its id, or as `enqueue` returned it, and with which end: `completes` unless it is given. It waits for the
   * newest start of that job that was committed before; without one, for its open or newest run, or else for its next.
   */
  after?: { job: string | { jobId: string }; when?: AwaitedEnd };
}

/** A start that was checked, as it is handed to the database. */
export interface CheckedStart {
  jobId: string;
  row: object;
}

/**
 * Checks a start.
 * @throws {ZodError} if the input does not fit the job's schema, or a duration is none; {TypeError} if options exclude each other.
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

/** Commits starts, in their order. `now()` is the database's: the clocks of applications may differ. */
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
