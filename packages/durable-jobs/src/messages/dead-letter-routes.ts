import { z } from 'zod';
import { text } from '../values/text.ts';
import {
  discardDeadLetter,
  findDeadLetter,
  listDeadLetters,
  requeueDeadLetter,
  type Closing,
} from './dead-letters.ts';
import { presentPage, timePageQuery } from '../http/cursor.ts';
import { deadLetterListPage, deadLetterPage } from './pages.ts';
import { presentDeadLetter, presentDeadLetterInList, presentDeadLetterWithBody } from './json.ts';
import { sendJsonOrPage } from '../http/pages.ts';
import { notFound, Problem } from '../http/problem.ts';
import { addResolutions } from '../http/resolutions.ts';
import { Routes } from '../http/routing/routes.ts';
import { idParams } from '../http/schemas.ts';
import { parseParams, parseQuery } from '../http/validate.ts';
import type { Db } from '../database/connect.ts';

/** Query of `GET /api/dead-letters`. */
export const deadLettersQuery = timePageQuery.extend({
  status: z.enum(['open', 'requeued', 'discarded']).optional(),
  code: text(100).optional(),
});

/** Dependencies of the routes of dead letters. */
export interface DeadLetterRoutesDeps {
  db: Db;
}

/**
 * Routes of dead letters, which are messages that could not be handled. Only `/:id` returns their bodies, which may contain personal data.
 */
export function deadLetterRoutes({ db }: DeadLetterRoutesDeps): Routes {
  const routes = new Routes('/api/dead-letters');

  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor, status, code } = parseQuery(request, deadLettersQuery);
    const page = await listDeadLetters(db, { status, code }, { limit, after: cursor });
    const json = presentPage(page, presentDeadLetterInList);
    sendJsonOrPage(request, response, {
      json,
      page: (query) => deadLetterListPage(query, json),
    });
  });

  // The body of a message may contain personal data, so reading it requires an operator, and is audited.
  routes.get('/:id', 'operator', async (request, response) => {
    const { id } = parseParams(request, idParams);
    const letter = await findDeadLetter(db, id);
    if (!letter) throw notFound(`dead letter ${id}`);
    // Caches on the way must not store personal data.
    response.set('Cache-Control', 'no-store');
    const json = presentDeadLetterWithBody(letter);
    sendJsonOrPage(request, response, { json, page: () => deadLetterPage(json) });
  });

  addResolutions(routes, idParams, {
    requeue: async (id) => presentClosed(id, await requeueDeadLetter(db, id)),
    discard: async (id, reason) => presentClosed(id, await discardDeadLetter(db, id, reason)),
  });

  return routes;
}

/**
 * Returns the resolved dead letter as JSON.
 * @throws {Problem} if it does not exist or was already resolved.
 */
function presentClosed(id: string, closing: Closing | undefined) {
  if (!closing) throw notFound(`dead letter ${id}`);
  if (!closing.closed)
    throw new Problem('deadLetterClosed', `The dead letter was already ${closing.letter.status}.`);
  return presentDeadLetter(closing.letter);
}
