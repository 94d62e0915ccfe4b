import { randomUUID } from 'node:crypto';
import { currentJobContext } from '../../telemetry/job-context.ts';
import { jobId, type InputOf, type JobDefinition } from '../job-definition.ts';
import { runStatement, type SqlClient } from './sql-client.ts';
import { checkedStart, enqueueStatement, type CheckedStart, type EnqueueOptions } from './statement.ts';

/** Starts that one statement commits. */
const STARTS_AT_ONCE = 500;

/** How the jobs of a group ended, as the job that completes it is told. */
export interface EndCounts {
  total: number;
  completed: number;
  failed: number;
  cancelled: number;
  terminated: number;
  /** Their starts were cancelled, dead, expired or skipped. */
  notStarted: number;
  /** They ended too long ago for the engine to know how. */
  unknown: number;
}

/** A job of a group, see {@link startOf}. */
export type GroupStart = CheckedStart;

/**
 * One start of {@link enqueueGroup}.
 * @throws as `enqueue`, but for the client's errors.
 */
export function startOf<Job extends JobDefinition>(
  job: Job,
  input: InputOf<Job>,
  options: EnqueueOptions = {},
): GroupStart {
  return checkedStart(job, input, options);
}

/** The job that completes a group. */
export interface GroupCompletion<Job extends JobDefinition> {
  job: Job;
  input: InputOf<Job>;
  /** As for any start. */
  dedupeKey?: string;
  /** The field of its input that is set to {@link EndCounts}. In `input` it may hold any counts: the job's key must not depend on them. */
  countsAs?: keyof InputOf<Job> & string;
}

/**
 * Commits a group of starts with the caller's own transaction, and a job that starts once when all of the group have ended, however they did.
 * An empty group completes at once. Returns the group's id, which `GET /api/groups/:id` shows, and the ids of its jobs.
 * @param options.groupId a group of the caller's own, which may have jobs already; a new one by default.
 * @throws as `enqueue`; the client's error if the group takes no more jobs.
 */
export async function enqueueGroup<Job extends JobDefinition>(
  client: SqlClient,
  starts: readonly GroupStart[],
  { onCompletion, groupId = randomUUID() }: { onCompletion: GroupCompletion<Job>; groupId?: string },
): Promise<{ groupId: string; jobIds: string[]; completionJobId: string }> {
  const { job, input, dedupeKey, countsAs } = onCompletion;
  const parsed = job.input.parse(input);
  const completionJobId = jobId(job, parsed, dedupeKey);
  for (let from = 0; from < starts.length; from += STARTS_AT_ONCE)
    await runStatement(client, enqueueStatement(starts.slice(from, from + STARTS_AT_ONCE), groupId));
  const { requestId, traceparent } = currentJobContext();
  await runStatement(client, {
    text: `SELECT durable_jobs.complete_group($1::text, $2::text, $3::jsonb, $4::text, $5::text, $6::text, $7::text, $8::text)`,
    values: [
      groupId,
      job.type,
      JSON.stringify(parsed),
      dedupeKey ?? null,
      countsAs ?? null,
      requestId ?? null,
      traceparent ?? null,
      completionJobId,
    ],
  });
  return { groupId, jobIds: starts.map((start) => start.jobId), completionJobId };
}
