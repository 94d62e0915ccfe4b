import { currentJobContext } from '../../telemetry/job-context.ts';
import { acceptInput } from '../accept-input.ts';
import { debounceOf } from '../debounce/debounce-of.ts';
import { limitsOf } from '../limits/limits-of.ts';
import { urgencyOf } from '../urgency.ts';
import { jobId, type InputOf, type JobDefinition } from '../job-definition.ts';
import type { Statement } from './sql-client.ts';
import { checkStartOptions, type EnqueueOptions } from './start-options.ts';

/** A validated start as it is passed to the database. */
export interface CheckedStart {
  jobId: string;
  row: object;
}

/**
 * Validates a start.
 * @throws {ZodError} if the input does not match the job's schema; {TypeError} if an option is unknown or not valid, or options exclude
 * each other; {JobKeyError} if the job's key is not valid; {JobFairnessError} if the fairness that it derives is not; {JobLimitError} if the
 * key of a limit is not.
 */
export function checkedStart<Job extends JobDefinition>(
  job: Job,
  input: InputOf<Job>,
  options: EnqueueOptions,
): CheckedStart {
  const { delayMs, startAt, expiresAt, expiresInMs, dedupeKey, after, ...given } = checkStartOptions(
    job.type,
    options,
  );
  const accepted = acceptInput(job, input);
  const id = jobId(job, accepted, dedupeKey);
  const urgency = urgencyOf(job, accepted, given);
  limitsOf(job, accepted);
  debounceOf(job, accepted);
  const row = {
    type: job.type,
    input: accepted,
    key: dedupeKey,
    start_at: startAt,
    delay: delayMs === null ? null : delayMs / 1_000,
    expires_at: expiresAt,
    expires_in: expiresInMs === null ? null : expiresInMs / 1_000,
    after_job: after?.jobId,
    after_when: after?.when ?? 'completes',
    job_id: id,
    is_checked: job.isCheckedLater !== true,
    priority: urgency.priority,
    fairness_key: urgency.fairnessKey,
    fairness_weight: urgency.fairnessWeight,
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
        after_job, NULL, after_when, group_id, job_id, is_checked,
        priority, fairness_key, fairness_weight)
      FROM (SELECT $1::jsonb AS list, $2::text AS request_id, $3::text AS traceparent, $4::text AS group_id) AS given,
        jsonb_to_recordset(list) AS start (type text, input jsonb, key text, start_at timestamptz, delay float8,
          expires_at timestamptz, expires_in float8, after_job text, after_when text, job_id text, is_checked boolean,
          priority integer, fairness_key text, fairness_weight float8),
        LATERAL (SELECT coalesce(start_at, now() + make_interval(secs => delay)) AS begins_at) AS times`,
    values: [JSON.stringify(starts.map(({ row }) => row)), requestId ?? null, traceparent ?? null, groupId],
  };
}
