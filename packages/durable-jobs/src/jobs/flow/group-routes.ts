import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Db } from '../../database/connect.ts';
import { writtenTime } from '../../http/cursor.ts';
import { pageOf, pageQuery, readCursor } from '../../http/paging.ts';
import { sendPage } from '../../http/pages.ts';
import { notFound } from '../../http/problem.ts';
import { representationFor } from '../../http/representation.ts';
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
    if (isForPage(request, response, 'The list of groups')) {
      sendPage(request, response, groupListPage(request.query as Record<string, string>, list));
    } else response.json(list);
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
    if (isForPage(request, response, 'A group')) {
      sendPage(request, response, groupPage(request.query as Record<string, string>, shown));
    } else response.json(shown);
  });

  return routes;
}

/** Whether a request is for a page, by `Accept` alone. @throws {Problem} `notAcceptable` if it accepts neither. */
function isForPage(request: Request, response: Response, what: string): boolean {
  return representationFor(request, response, what, ['application/json', 'text/html']) === 'text/html';
}
