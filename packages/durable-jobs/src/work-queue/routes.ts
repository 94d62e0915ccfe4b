import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { text } from '../values/text.ts';
import { startBulkJobOfQuery } from '../bulk/make-from-query.ts';
import {
  discardWorkItem,
  findWorkItem,
  listWorkItems,
  requeueWorkItems,
  summariseWork,
  type ShownWorkItem,
} from './rows.ts';
import { deadWorkItems, findDeadWorkItems } from './dead-items.ts';
import { enqueueWork } from './enqueue.ts';
import { requeueWork } from './requeue-task.ts';
import { presentPage, timePageQuery } from '../http/cursor.ts';
import { presentBacklog, presentWorkItem } from './json.ts';
import { enqueueButton, workItemListPage, workItemPage } from './pages.ts';
import { prefersPage, sendJsonOrPage, sendPage } from '../http/pages.ts';
import { notFound, Problem } from '../http/problem.ts';
import { Routes } from '../http/routing/routes.ts';
import { createWorkItemBody, requeueWorkItemsBody } from './schemas.ts';
import type { WorkKindRegistry } from './work-kinds.ts';
import { idParams } from '../http/schemas.ts';
import { parseBody, parseParams, parseQuery } from '../http/validate.ts';
import type { Db } from '../database/connect.ts';
import { withPrepared } from '../database/prepared.ts';
import type { Dispatcher } from '../jobs/outbox/dispatcher.ts';
import { linkTo } from '../http/mount.ts';

/** The query of the list. */
export const workItemsQuery = timePageQuery.extend({
  status: z.enum(['pending', 'running', 'completed', 'dead']).optional(),
  // Not only the kinds of this release: programs that enqueue by SQL can write any.
  kind: text(200).optional(),
});

/** Dependencies of the routes of work items. */
export interface WorkItemRoutesDeps {
  db: Db;
  workKinds: WorkKindRegistry;
  dispatcher: Dispatcher;
}

/** Returns the routes of work items: enqueue, list, read, requeue and delete. */
export function workItemRoutes(deps: WorkItemRoutesDeps): Routes {
  const routes = new Routes('/api/work-items');
  const kinds = deps.workKinds;
  const createBody = createWorkItemBody(kinds);
  const enqueue = enqueueButton(kinds);
  const requeueBody = requeueWorkItemsBody(kinds);
  const present = (item: ShownWorkItem) => presentWorkItem(kinds, item);

  const getItem = async (id: string): Promise<ShownWorkItem> => {
    const item = await findWorkItem(deps.db, id);
    if (!item) throw notFound(`work item ${id}`);
    return item;
  };

  const readSummary = async () =>
    (await summariseWork(deps.db)).map((backlog) => presentBacklog(kinds, backlog));

  routes.post('/', 'operator', async (request, response) => {
    const { kind, payload, dedupeKey, notBefore, priority, fairness } = parseBody(request, createBody);
    const definition = kinds.get(kind);
    // Stored as the caller gave it: an attempt parses it.
    const { payload: given = payload } = request.body as { payload?: object };
    const { item, isNew } = await withPrepared(() =>
      enqueueWork(deps.db, definition, given, { dedupeKey, notBefore, priority, fairness }),
    );
    if (!isNew && !isDeepStrictEqual(definition.payload.safeParse(item.payload).data, payload)) {
      throw new Problem('dedupeKeyReused', 'Use a new key for another payload.', {
        errors: [{ path: 'dedupeKey', message: `was used for work item ${item.id}, whose payload differs` }],
      });
    }
    response
      .status(isNew ? 201 : 200)
      .location(linkTo(`/api/work-items/${item.id}`))
      .json(present(item));
  });

  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor, ...filter } = parseQuery(request, workItemsQuery);
    const json = presentPage(await listWorkItems(deps.db, filter, { limit, after: cursor }), present);
    if (!prefersPage(request, response)) {
      response.json(json);
      return;
    }
    const backlogs = await readSummary();
    const query = request.query as Record<string, string>;
    const names = [...new Set([...kinds.kinds.map(String), ...backlogs.map(({ kind }) => kind)])];
    sendPage(request, response, workItemListPage(query, json, { backlogs, kinds: names, enqueue }));
  });

  routes.get('/summary', 'viewer', async (_request, response) => {
    response.json({ items: await readSummary() });
  });

  routes.post('/requeue', 'operator', async (request, response) => {
    const { kind } = parseBody(request, requeueBody);
    const { id, total, entry } = await startBulkJobOfQuery(deps.db, {
      task: requeueWork.name,
      query: deadWorkItems.name,
      items: findDeadWorkItems(deps.db, kind),
    });
    deps.dispatcher.start([entry]);
    response
      .status(202)
      .location(linkTo(`/api/bulk-jobs/${id}`))
      .json({ id, jobId: entry.jobId, status: 'queued', total });
  });

  routes.get('/:id', 'viewer', async (request, response) => {
    const json = present(await getItem(parseParams(request, idParams).id));
    sendJsonOrPage(request, response, { json, page: () => workItemPage(json) });
  });

  routes.delete('/:id', 'operator', async (request, response) => {
    const { id } = parseParams(request, idParams);
    if (!(await discardWorkItem(deps.db, id))) {
      throw new Problem('workItemNotDeletable', `The work item is ${(await getItem(id)).status}.`);
    }
    response.status(204).end();
  });

  routes.post('/:id/requeue', 'operator', async (request, response) => {
    const { id } = parseParams(request, idParams);
    const [requeued] = await requeueWorkItems(deps.db, [id]);
    const item = await getItem(id);
    if (!requeued) throw new Problem('workItemNotDead', `The work item is ${item.status}.`);
    response.json(present(item));
  });

  return routes;
}
