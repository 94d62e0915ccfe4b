import { z } from 'zod';
import { text } from '../../values/text.ts';
import { isSearchable, searchableStatuses, type SearchableStatus } from '../../engine/visibility-query.ts';
import { isEnded } from '../../engine/run-status.ts';
import { instant } from '../../http/instant.ts';
import { pageQuery, readCursor } from '../../http/paging.ts';
import type { JobRegistry } from '../registry.ts';
import { hasError, jobStatuses } from '../job-view.ts';
import { jobKey } from '../job-key.ts';
import { listPlace } from './list-place.ts';
import type { ListFilter } from './reading.ts';

/** Statuses that a query of the engine's index cannot find: such jobs are examined one by one. */
const toldByTheJobAlone = ['waiting', 'retrying', 'paused'];

const status = z
  .string()
  .refine((text): text is SearchableStatus => (searchableStatuses as readonly string[]).includes(text), {
    error: ({ input }) =>
      toldByTheJobAlone.includes(String(input))
        ? `cannot be ${String(input)} here: choose running, which includes such jobs`
        : `must be one of ${searchableStatuses.join(', ')}`,
  })
  .meta({ enum: [...searchableStatuses] });

function jobType({ types, has }: JobRegistry) {
  return z
    .string()
    .refine(has, { error: `must be one of ${types.join(', ')}` })
    .meta({ enum: [...types] });
}

/** The code of a failure is an identifier, in our code and in the engine's. */
const errorCode = z.string().regex(/^[\w.-]{1,100}$/, 'must be a code such as PaymentFailed');

/** A key, or the start of one, that the engine can search for. */
const searchedKey = jobKey.refine(
  isSearchable,
  'cannot contain any of \' " \\ ? in a search: name the job by its id',
);

/** Filters of an application's jobs, as query parameters. */
export function jobFilterQuery(jobs: JobRegistry) {
  return z.strictObject({
    type: jobType(jobs).optional(),
    status: status.optional(),
    businessKey: searchedKey.optional(),
    businessKeyPrefix: searchedKey.optional(),
    startedAfter: instant.optional(),
    startedBefore: instant.optional(),
    closedAfter: instant.optional(),
    closedBefore: instant.optional(),
    errorCode: errorCode.optional(),
    errorMessage: text(200).optional(),
  });
}

/** Query of `GET /api/jobs`: the filters, and the page. */
export function listJobsQuery(jobs: JobRegistry) {
  return jobFilterQuery(jobs)
    .extend({
      status: z
        .enum(jobStatuses, { error: `must be one of ${jobStatuses.join(', ')}` })
        .optional()
        .meta({
          description:
            '`running` finds every job that has begun and has not ended, whether it runs, waits, retries or is paused.',
        }),
      limit: pageQuery.shape.limit,
      // Longer than other cursors: it may contain several runs of one instant.
      cursor: readCursor(listPlace, 8_000).optional(),
    })
    .superRefine((query, context) => {
      const refuse = (path: string, message: string): void => {
        context.addIssue({ code: 'custom', path: [path], message });
      };
      const isOpen = query.status !== undefined && !isEnded(query.status);
      for (const name of ['closedAfter', 'closedBefore'] as const) {
        if (isOpen && query[name])
          refuse(name, `finds nothing: ${query.status ?? 'these'} jobs have not ended`);
      }
      for (const name of ['errorCode', 'errorMessage'] as const) {
        if (query.status !== undefined && !hasError(query.status) && query[name] !== undefined)
          refuse(name, 'applies only to failed and retrying jobs: set status to one of them, or omit it');
      }
    })
    .transform(({ limit, cursor, type: one, errorCode: code, errorMessage: text, ...filter }) => ({
      page: { limit, place: cursor },
      filter: {
        ...filter,
        types: one === undefined ? undefined : [one],
        ...(code !== undefined || text !== undefined ? { error: { code, text } } : {}),
      } satisfies ListFilter,
    }));
}
