import { z } from 'zod';
import { bulkQueryNames, bulkTaskNames } from '../../../../contracts/bulk.ts';
import { pageQuery } from '../http/paging.ts';

/** Query of `POST /api/bulk-jobs`; with `query`, the items are what that finds, and the body is empty. */
export const createBulkJobQuery = z.strictObject({
  task: z.enum(bulkTaskNames),
  query: z.enum(bulkQueryNames).optional(),
});

/** Query of `GET /api/bulk-jobs/:id`: a page of the items that failed. */
export const failedItemsQuery = pageQuery.extend({
  cursor: pageQuery.shape.cursor
    .transform((text) => (text === undefined || /^\d{1,10}$/.test(text) ? text && Number(text) : NaN))
    .pipe(z.int32({ error: 'must be a `nextCursor` of this list' }).min(0).optional()),
});
