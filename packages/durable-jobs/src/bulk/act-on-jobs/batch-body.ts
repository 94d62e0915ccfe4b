import { z } from 'zod';
import { batchActions, type BatchAction } from '../../jobs/act/job-actions.ts';
import type { SearchableStatus } from '../../engine/visibility-query.ts';
import { time } from '../../http/json.ts';
import { jobFilterQuery } from '../../jobs/list/list-query.ts';
import type { JobRegistry } from '../../jobs/registry.ts';
import { reason } from '../../jobs/act/http/schemas.ts';

/** The job states that each action accepts. `byDefault` is selected if the request names no status. */
const found: Record<BatchAction, { byDefault: SearchableStatus[]; others: SearchableStatus[] }> = {
  cancel: { byDefault: ['scheduled', 'running'], others: [] },
  terminate: { byDefault: ['scheduled', 'running'], others: ['terminated'] },
  // Jobs that were cancelled or terminated were meant to end, so they are retried only if their status is named.
  retry: { byDefault: ['failed'], others: ['running', 'cancelled', 'terminated'] },
  pause: { byDefault: ['scheduled', 'running'], others: [] },
  resume: { byDefault: ['scheduled', 'running'], others: [] },
};

/** Body of `POST /api/jobs/batch`. */
export function batchFields(jobs: JobRegistry) {
  return z.strictObject({
    query: jobFilterQuery(jobs).meta({
      description: 'Which jobs to act on; the fields are the parameters of `GET /api/jobs`.',
    }),
    all: z.boolean().default(false).meta({
      description:
        'Must be true if `query` is empty: the action then applies to every job in a suitable state.',
    }),
    action: z.enum(batchActions),
    reason: reason.optional(),
    dryRun: z
      .boolean()
      .default(false)
      .meta({ description: 'Returns the number of matching jobs, and does nothing.' }),
  });
}

/** {@link batchFields} with the checks across fields, and the states to select. */
export function batchBody(jobs: JobRegistry) {
  return batchFields(jobs).transform(({ query, all, ...body }, context) => {
    const { status, type, errorCode, errorMessage, ...rest } = query;
    const refuse = (path: string[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    const { byDefault, others } = found[body.action];
    if (Object.keys(query).length === 0 && !all) {
      refuse(['query'], 'matches every job: set all to true, or add a filter');
    }
    if (body.action === 'terminate' && body.reason === undefined)
      refuse(['reason'], 'is required to terminate jobs');
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
    return {
      ...body,
      filter: {
        ...rest,
        types: type === undefined ? undefined : [type],
        statuses: status ? [status] : byDefault,
      },
      error: hasError ? { code: errorCode, text: errorMessage } : undefined,
    };
  });
}

/** A parsed request for a batch. */
export type Batch = z.output<ReturnType<typeof batchBody>>;

/** Response to a dry run. */
export const dryRunJson = z
  .strictObject({
    dryRun: z.literal(true),
    total: z.int(),
    jobs: z
      .array(z.strictObject({ id: z.string(), runId: z.string(), type: z.string() }))
      .meta({ description: 'The first ten matching jobs.' }),
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
    links: z.strictObject({ bulkJob: z.string().nullable(), events: z.string().nullable() }),
  })
  .meta({ id: 'Batch' });
