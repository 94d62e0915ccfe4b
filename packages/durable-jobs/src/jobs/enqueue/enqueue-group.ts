import { randomUUID } from 'node:crypto';
import { currentJobContext } from '../../telemetry/job-context.ts';
import { line } from '../../values/text.ts';
import { checkOptions, optionOf } from '../../values/check-options.ts';
import { acceptInput } from '../accept-input.ts';
import { jobId, type InputOf, type JobDefinition } from '../job-definition.ts';
import { runStatement, type SqlClient } from './sql-client.ts';
import type { EnqueueOptions } from './start-options.ts';
import { checkedStart, enqueueStatement, type CheckedStart } from './statement.ts';

/** Starts per statement. */
const STARTS_AT_ONCE = 500;

/** The id of a group. */
const groupIdText = line(200);

/** Number of a group's jobs by outcome, as the completion job receives it. */
export interface EndCounts {
  total: number;
  completed: number;
  failed: number;
  cancelled: number;
  terminated: number;
  /** Jobs that never started: their starts were cancelled, dead, expired or skipped. */
  notStarted: number;
  /** Jobs that ended so long ago that the engine no longer knows how. */
  unknown: number;
}

/** The counts until the jobs of a group have ended. */
const NO_COUNTS: EndCounts = {
  total: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  terminated: 0,
  notStarted: 0,
  unknown: 0,
};

/** A job of a group, see {@link startOf}. */
export type GroupStart = CheckedStart;

/**
 * Creates one start of {@link enqueueGroup}.
 * @throws as `enqueue`, except for the client's errors.
 */
export function startOf<Job extends JobDefinition>(
  job: Job,
  input: InputOf<Job>,
  options: EnqueueOptions = {},
): GroupStart {
  return checkedStart(job, input, options);
}

/** The job that starts when all jobs of a group have ended. */
export interface GroupCompletion<Job extends JobDefinition> {
  job: Job;
  input: InputOf<Job>;
  /** As for any start. */
  dedupeKey?: string;
  /** The field of its input that is set to {@link EndCounts}. Its value in `input` is ignored, and the job's key must not depend on it. */
  countsAs?: keyof InputOf<Job> & string;
}

/**
 * Enqueues a group of jobs in the caller's own transaction, and a job that starts once when all of them have ended, in any way. An empty
 * group completes immediately. Returns the group's id, for `GET /api/groups/:id`, and the ids of its jobs.
 * @param options.groupId the id of the group, which may already have jobs; a new one by default.
 * @throws as `enqueue`; {TypeError} if an option is unknown, or `groupId` is not valid; the client's error if the group accepts no more jobs.
 */
export async function enqueueGroup<Job extends JobDefinition>(
  client: SqlClient,
  starts: readonly GroupStart[],
  options: { onCompletion: GroupCompletion<Job>; groupId?: string },
): Promise<{ groupId: string; jobIds: string[]; completionJobId: string }> {
  checkOptions('enqueueGroup', options, { onCompletion: optionOf.object, groupId: optionOf.text.optional() });
  const { onCompletion, groupId = randomUUID() } = options;
  checkOptions('onCompletion of enqueueGroup', onCompletion, {
    job: optionOf.object,
    input: optionOf.object,
    dedupeKey: optionOf.text.optional(),
    countsAs: optionOf.name.optional(),
  });
  const { job, input, dedupeKey, countsAs } = onCompletion;
  if (!groupIdText.safeParse(groupId).success)
    throw new TypeError('The groupId must be one line of at most 200 characters.');
  // The schema parses the input when the counts are known, so it is stored as it is given, with counts in their place until then.
  const given: unknown = JSON.parse(
    JSON.stringify({ ...input, ...(countsAs !== undefined && { [countsAs]: NO_COUNTS }) }),
  );
  const completionJobId = jobId(job, acceptInput(job, given), dedupeKey);
  for (let from = 0; from < starts.length; from += STARTS_AT_ONCE)
    await runStatement(client, enqueueStatement(starts.slice(from, from + STARTS_AT_ONCE), groupId));
  const { requestId, traceparent } = currentJobContext();
  await runStatement(client, {
    text: `SELECT durable_jobs.complete_group($1::text, $2::text, $3::jsonb, $4::text, $5::text, $6::text, $7::text, $8::text)`,
    values: [
      groupId,
      job.type,
      JSON.stringify(given),
      dedupeKey ?? null,
      countsAs ?? null,
      requestId ?? null,
      traceparent ?? null,
      completionJobId,
    ],
  });
  return { groupId, jobIds: starts.map((start) => start.jobId), completionJobId };
}
