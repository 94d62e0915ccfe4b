import { sql } from 'kysely';
import { defineBulkQuery } from '../bulk/define-task.ts';
import { findInPages } from '../bulk/find-in-pages.ts';
import type { Db } from '../database/connect.ts';
import { requeueWork } from './requeue-task.ts';

/** Finds dead work items, of one kind or of all, as items of the task `requeue-work-items`. */
export function findDeadWorkItems(db: Db, kind?: string): AsyncIterable<object> {
  return findInPages<{ item: object; at: string; id: string }>(
    db,
    (after, limit) => sql`
    SELECT jsonb_build_object('workItemId', id) AS item, created_at::text AS at, id FROM work_items
    WHERE status = 'dead' ${kind === undefined ? sql`` : sql`AND kind = ${kind}`}
      ${after ? sql`AND (created_at, id) > (${after.at}::timestamptz, ${after.id}::uuid)` : sql``}
    ORDER BY created_at, id LIMIT ${limit}`,
  );
}

/** Finds the dead items of the work queue. */
export const deadWorkItems = defineBulkQuery({
  name: 'dead-work-items',
  description: 'Dead items of the work queue.',
  task: requeueWork.name,
  find: (db) => findDeadWorkItems(db),
});
