import { z } from 'zod';
import type { Db } from '../../database/connect.ts';
import { pageOf, pageQuery, readCursor } from '../../http/paging.ts';
import { sendJsonOrPage } from '../../http/pages.ts';
import { notFound, Problem } from '../../http/problem.ts';
import { addResolutions } from '../../http/resolutions.ts';
import { Routes } from '../../http/routing/routes.ts';
import { parseParams, parseQuery } from '../../http/validate.ts';
import { text } from '../../values/text.ts';
import { refusalCodes } from '../outbox/refused-start.ts';
import { presentDeadStart } from './json.ts';
import { deadStartListPage, deadStartPage } from './pages.ts';
import {
  discardDeadStart,
  findDeadStart,
  listDeadStarts,
  requeueDeadStart,
  type DeadStart,
  type Resolution,
} from './rows.ts';

/** Query of `GET /api/dead-starts`. */
export const deadStartsQuery = pageQuery.extend({
  cursor: readCursor(z.int().min(0)).optional(),
  code: z.enum(refusalCodes).optional(),
  type: text(200).optional(),
});

/** Path of a dead start. */
export const deadStartParams = z.object({
  id: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'must be a whole number')
    .transform(Number),
});

/** Dependencies of the routes of dead starts. */
export interface DeadStartRoutesDeps {
  db: Db;
}

/** Routes of dead starts: committed starts that can't be made. */
export function deadStartRoutes({ db }: DeadStartRoutesDeps): Routes {
  const routes = new Routes('/api/dead-starts');

  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor, code, type } = parseQuery(request, deadStartsQuery);
    const rows = await listDeadStarts(db, { code, jobType: type }, { limit, after: cursor });
    const json = pageOf(rows, limit, {
      present: (start) => presentDeadStart(start),
      placeOf: ({ id }) => JSON.stringify(id),
    });
    sendJsonOrPage(request, response, {
      json,
      page: (query) => deadStartListPage(query, json),
    });
  });

  routes.get('/:id', 'viewer', async (request, response) => {
    const { id } = parseParams(request, deadStartParams);
    const start = await findDeadStart(db, id);
    if (!start) throw notFound(`dead start ${id}`);
    const json = presentDeadStart(start);
    sendJsonOrPage(request, response, {
      json,
      page: () => deadStartPage(json),
    });
  });

  addResolutions(routes, deadStartParams, {
    async requeue(id) {
      const start = resolved(id, await requeueDeadStart(db, id));
      return presentDeadStart(start, 'requeued');
    },
    async discard(id, reason) {
      const start = resolved(id, await discardDeadStart(db, id, reason));
      return presentDeadStart({ ...start, discardReason: reason }, 'discarded');
    },
  });

  return routes;
}

/** @throws {Problem} if the start does not exist or is not dead. */
function resolved(id: number, resolution: Resolution | undefined): DeadStart {
  if (!resolution) throw notFound(`dead start ${id}`);
  if (resolution === 'not-dead')
    throw new Problem('startNotDead', `Start ${id} is not dead: it was requeued, discarded or started.`);
  return resolution.start;
}
