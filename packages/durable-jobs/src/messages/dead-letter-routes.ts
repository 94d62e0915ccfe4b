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
import { presentDeadLetter, presentDeadLetterInList, presentDeadLetterWithBody } from './json.ts';
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

/** Dead letters: messages that could not be handled. Their bodies, which may hold personal data, are in `/:id` alone. */
export function deadLetterRoutes({ db }: DeadLetterRoutesDeps): Routes {
  const routes = new Routes('/api/dead-letters');

  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor, status, code } = parseQuery(request, deadLettersQuery);
    const page = await listDeadLetters(db, { status, code }, { limit, after: cursor });
    response.json(presentPage(page, presentDeadLetterInList));
  });

  // The body of a message may hold personal data: who reads it is noted.
  routes.get('/:id', 'operator', async (request, response) => {
    const { id } = parseParams(request, idParams);
    const letter = await findDeadLetter(db, id);
    if (!letter) throw notFound(`dead letter ${id}`);
    // Personal data do not belong into caches on the way.
    response.set('Cache-Control', 'no-store').json(presentDeadLetterWithBody(letter));
  });

  addResolutions(routes, idParams, {
    requeue: async (id) => presentClosed(id, await requeueDeadLetter(db, id)),
    discard: async (id, reason) => presentClosed(id, await discardDeadLetter(db, id, reason)),
  });

  return routes;
}

/** @throws {Problem} if there is no such dead letter, or it is already resolved. */
function presentClosed(id: string, closing: Closing | undefined) {
  if (!closing) throw notFound(`dead letter ${id}`);
  if (!closing.closed)
    throw new Problem('deadLetterClosed', `The dead letter was already ${closing.letter.status}.`);
  return presentDeadLetter(closing.letter);
}
