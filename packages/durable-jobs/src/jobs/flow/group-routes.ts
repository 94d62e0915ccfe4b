import { z } from 'zod';
import type { Db } from '../../database/connect.ts';
import { writtenTime } from '../../http/cursor.ts';
import { pageOf, pageQuery, readCursor } from '../../http/paging.ts';
import { sendJsonOrPage } from '../../http/pages.ts';
import { notFound } from '../../http/problem.ts';
import { Routes } from '../../http/routing/routes.ts';
import { parseParams, parseQuery } from '../../http/validate.ts';
import { line } from '../../values/text.ts';
import { presentGroup, presentListedGroup } from './group-json.ts';
import { groupListPage, groupPage } from './group-page.ts';
import { findGroup, listGroups, listMembers } from './groups.ts';

/** Path of a group. */
export const groupParams = z.object({ id: line(200) });

/** Query of a group: a page of its jobs. */
export const groupQuery = pageQuery.extend({ cursor: readCursor(z.int().min(0)).optional() });

/** Query of the list of groups. */
export const groupsQuery = pageQuery.extend({
  cursor: readCursor(z.strictObject({ at: writtenTime, id: line(200) })).optional(),
});

/** Groups of jobs that one job completes: as JSON, and as pages for people. */
export function groupRoutes({ db }: { db: Db }): Routes {
  const routes = new Routes('/api/groups');

  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor } = parseQuery(request, groupsQuery);
    const groups = await listGroups(db, { limit, after: cursor });
    const list = pageOf(groups, limit, {
      present: presentListedGroup,
      placeOf: ({ place }) => JSON.stringify(place),
    });
    sendJsonOrPage(request, response, {
      what: 'The list of groups',
      json: list,
      page: (query) => groupListPage(query, list),
    });
  });

  routes.get('/:id', 'viewer', async (request, response) => {
    const { id } = parseParams(request, groupParams);
    const { limit, cursor } = parseQuery(request, groupQuery);
    const group = await findGroup(db, id);
    if (!group) throw notFound(`group ${id}`);
    const members = await listMembers(db, id, { limit, after: cursor });
    const page = pageOf(members, limit, {
      present: (member) => member,
      placeOf: (member) => JSON.stringify(member.id),
    });
    const shown = presentGroup(group, page);
    sendJsonOrPage(request, response, {
      what: 'A group',
      json: shown,
      page: (query) => groupPage(query, shown),
    });
  });

  return routes;
}
