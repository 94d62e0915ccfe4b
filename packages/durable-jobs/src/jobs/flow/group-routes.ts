import { z } from 'zod';
import type { Db } from '../../database/connect.ts';
import { pageQuery, readCursor, toCursor } from '../../http/paging.ts';
import { notFound } from '../../http/problem.ts';
import { Routes } from '../../http/routing/routes.ts';
import { parseParams, parseQuery } from '../../http/validate.ts';
import { line } from '../../values/text.ts';
import { presentGroup } from './group-json.ts';
import { findGroup, listMembers } from './groups.ts';

/** Path of a group. */
export const groupParams = z.object({ id: line(200) });

/** Query of a group: a page of its jobs. */
export const groupQuery = pageQuery.extend({ cursor: readCursor(z.int().min(0)).optional() });

/** Groups of jobs that one job completes. */
export function groupRoutes({ db }: { db: Db }): Routes {
  const routes = new Routes('/api/groups');

  routes.get('/:id', 'viewer', async (request, response) => {
    const { id } = parseParams(request, groupParams);
    const { limit, cursor } = parseQuery(request, groupQuery);
    const group = await findGroup(db, id);
    if (!group) throw notFound(`group ${id}`);
    const members = await listMembers(db, id, { limit, after: cursor });
    const items = members.slice(0, limit);
    const last = members.length > limit ? items.at(-1) : undefined;
    response.json(
      presentGroup(group, { items, nextCursor: last ? toCursor(JSON.stringify(last.id)) : null }),
    );
  });

  return routes;
}
