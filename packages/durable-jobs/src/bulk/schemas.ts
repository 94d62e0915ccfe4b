import { z } from 'zod';
import { pageQuery } from '../http/paging.ts';
import type { BulkTaskRegistry } from './task-registry.ts';

/** Query of `POST /api/bulk-jobs`. With `query`, the items are the results of that query, and the body is empty. */
export function createBulkJobQuery({ tasks, queries }: BulkTaskRegistry) {
  return z.strictObject({
    task: z.enum(tasks.map(({ name }) => name)),
    query: z.enum(queries.map(({ name }) => name)).optional(),
  });
}

/** Query of `GET /api/bulk-jobs/:id`: a page of the items that failed. */
export const failedItemsQuery = pageQuery.extend({
  cursor: pageQuery.shape.cursor
    .transform((text) => (text === undefined || /^\d{1,10}$/.test(text) ? text && Number(text) : NaN))
    .pipe(z.int32({ error: 'must be a `nextCursor` of this list' }).min(0).optional()),
});
