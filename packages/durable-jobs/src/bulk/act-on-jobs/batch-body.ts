import { z } from 'zod';
import {
  jobActions,
  type ActionRequest,
  type JobAction,
  type RetryScope,
} from '../../jobs/act/job-actions.ts';
import type { SearchableStatus } from '../../engine/visibility-query.ts';
import { time } from '../../http/json.ts';
import { jobFilterQuery } from '../../jobs/list/list-query.ts';
import type { JobRegistry } from '../../jobs/registry.ts';
import { reason, rescheduleTime, retryScope } from '../../jobs/act/http/schemas.ts';
import { jobIdText } from '../../jobs/job-key.ts';
import { definitionOf } from '../../jobs/registry.ts';
import { checkTarget, checkTime, startId } from './act-on-jobs.ts';

/** The job states that each action accepts. `byDefault` is selected if the request names no status. */
const found: Record<JobAction, { byDefault: SearchableStatus[]; others: SearchableStatus[] }> = {
  cancel: { byDefault: ['scheduled', 'running'], others: [] },
  terminate: { byDefault: ['scheduled', 'running'], others: ['terminated'] },
  // Jobs that were cancelled or terminated were meant to end, so they are retried only if their status is named.
  retry: { byDefault: ['failed'], others: ['running', 'cancelled', 'terminated'] },
  pause: { byDefault: ['scheduled', 'running'], others: [] },
  resume: { byDefault: ['scheduled', 'running'], others: [] },
  reschedule: { byDefault: ['scheduled', 'running'], others: [] },
};

/** Jobs that a request may name: as many as a page of the list has at most. */
const MOST_NAMED = 100;

/** A job that a request names, as the list of jobs showed it. */
function namedJob(jobs: JobRegistry) {
  return z
    .strictObject({
      id: jobIdText.refine((id) => definitionOf(jobs, id), 'must be the id of a job of a known type'),
      runId: z.uuid().optional(),
      startId: startId.optional().meta({
        description: 'Of a job whose start is not made yet: the `startId` of the list, instead of `runId`.',
      }),
      scope: retryScope.optional(),
    })
    .superRefine(checkTarget);
}

/** A named job. */
export type NamedJob = z.output<ReturnType<typeof namedJob>>;

/** Body of `POST /api/jobs/batch`. */
export function batchFields(jobs: JobRegistry) {
  return z.strictObject({
    query: jobFilterQuery(jobs).optional().meta({
      description: 'Which jobs to act on; the fields are the parameters of `GET /api/jobs`.',
    }),
    jobs: z.array(namedJob(jobs)).min(1).max(MOST_NAMED).optional().meta({
      description:
        'The jobs to act on, instead of `query`: each is a run, or a start that is not made yet. Other runs of the same job are not affected.',
    }),
    all: z.boolean().default(false).meta({
      description:
        'Must be true if `query` is empty: the action then applies to every job in a suitable state.',
    }),
    action: z.enum(jobActions),
    at: rescheduleTime.optional().meta({ description: 'When rescheduled jobs should continue.' }),
    reason: reason.optional(),
    dryRun: z.boolean().default(false).meta({
      description:
        'Does nothing, and returns the number of matching jobs, or what the action would do to each job of `jobs`.',
    }),
  });
}

/** {@link batchFields} with the checks across fields, and the states to select. */
export function batchBody(jobs: JobRegistry) {
  return batchFields(jobs).transform(({ query = {}, jobs: named, all, dryRun, ...body }, context) => {
    const { status, type, errorCode, errorMessage, ...rest } = query;
    const refuse = (path: string[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    const { byDefault, others } = found[body.action];
    if (body.action === 'terminate' && body.reason === undefined && !dryRun)
      refuse(['reason'], 'is required to terminate jobs');
    checkTime(body, context);
    const request = requestOf(body);
    if (named) {
      if (body.action !== 'retry' && named.some(({ scope }) => scope !== undefined))
        refuse(['jobs'], 'have a scope, which applies only to the action retry');
      if (all || Object.keys(query).length > 0) refuse(['jobs'], 'give query or jobs, and not both');
      return { request, dryRun, jobs: withoutRepeats(named) };
    }
    if (Object.keys(query).length === 0 && !all) {
      refuse(['query'], 'matches every job: set all to true, or add a filter');
    }
    if (status !== undefined && ![...byDefault, ...others].includes(status)) {
      refuse(
        ['query', 'status'],
        `must be a status whose jobs can ${body.action}, and ${status} jobs cannot`,
      );
    }
    const hasError = errorCode !== undefined || errorMessage !== undefined;
    if (hasError && (status ?? byDefault[0]) !== 'failed') {
      refuse(
        ['query', errorCode === undefined ? 'errorMessage' : 'errorCode'],
        'applies only to failed jobs',
      );
    }
    const statuses = status ? [status] : byDefault;
    // A run that ends after it has matched is not started again.
    const scope: RetryScope | undefined =
      body.action === 'retry' && statuses.includes('running') ? 'attempt' : undefined;
    return {
      request,
      dryRun,
      scope,
      filter: { ...rest, types: type === undefined ? undefined : [type], statuses },
      error: hasError ? { code: errorCode, text: errorMessage } : undefined,
    };
  });
}

function requestOf({
  action,
  at,
  reason: why,
}: {
  action: JobAction;
  at?: Date | undefined;
  reason?: string | undefined;
}): ActionRequest {
  // Without a time, the request is refused.
  return action === 'reschedule' ? { action, at: at ?? new Date(), reason: why } : { action, reason: why };
}

function withoutRepeats(named: readonly NamedJob[]): NamedJob[] {
  return [...new Map(named.map((job) => [JSON.stringify([job.id, job.runId, job.startId]), job])).values()];
}

/** A parsed request for a batch. */
export type Batch = z.output<ReturnType<typeof batchBody>>;

/** A batch of the jobs that match a query. */
export type QueryBatch = Extract<Batch, { filter: unknown }>;

/** A batch of named jobs. */
export type NamedBatch = Extract<Batch, { jobs: unknown }>;

const unmadeStarts = z.int().meta({
  description:
    'The number of starts that also match `query`, but are not made yet: a query finds runs alone. Name these starts in `jobs` to act on them. Zero for `jobs`.',
});

/** Response to a dry run. */
export const dryRunJson = z
  .strictObject({
    dryRun: z.literal(true),
    total: z.int(),
    jobs: z
      .array(
        z.strictObject({
          id: z.string(),
          runId: z.string().nullable(),
          startId: z.int().nullable().meta({ description: 'Of a job whose start is not made yet.' }),
          type: z.string(),
          refusal: z.strictObject({ code: z.string(), message: z.string() }).nullable().meta({
            description: 'Why the action on a job of `jobs` would be refused; null if it would not.',
          }),
        }),
      )
      .meta({ description: 'The first ten jobs that match the query, or all jobs of `jobs`.' }),
    unmadeStarts,
    asOf: time.meta({ description: 'The time up to which the list of jobs is complete.' }),
  })
  .meta({ id: 'BatchDryRun' });

/** Response to a batch. */
export const batchJson = z
  .strictObject({
    id: z
      .uuid()
      .nullable()
      .meta({ description: 'The bulk job that acts on the jobs; null if none matched.' }),
    jobId: z.string().nullable(),
    total: z.int(),
    unmadeStarts,
    links: z.strictObject({ bulkJob: z.string().nullable(), events: z.string().nullable() }),
  })
  .meta({ id: 'Batch' });
