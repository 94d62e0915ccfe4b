import { Router } from 'express';
import { z } from 'zod';
import {
  discardDeadLetter,
  findDeadLetter,
  listDeadLetters,
  requeueDeadLetter,
  type Closing,
} from '../../platform/repositories/dead-letters.ts';
import { presentPage, timePageQuery } from '../cursor.ts';
import type { AppDeps } from '../deps.ts';
import {
  presentDeadLetter,
  presentDeadLetterInList,
  presentDeadLetterWithBody,
} from '../present-dead-letter.ts';
import { notFound, Problem } from '../problem.ts';
import { discardBody, idParams } from '../schemas.ts';
import { parseBody, parseParams, parseQuery } from '../validate.ts';

/** Query of `GET /api/dead-letters`. */
export const deadLettersQuery = timePageQuery.extend({
  status: z.enum(['open', 'requeued', 'discarded']).optional(),
  code: z.string().min(1).max(100).optional(),
});

/** Dead letters: messages that could not be handled. Their bodies, which may hold personal data, are in `/:id` alone. */
export function deadLetterRoutes({ db }: AppDeps): Router {
  const router = Router();

  router.get('/', async (request, response) => {
    const { limit, cursor, status, code } = parseQuery(request, deadLettersQuery);
    const page = await listDeadLetters(db, { status, code }, { limit, after: cursor });
    response.json(presentPage(page, presentDeadLetterInList));
  });

  router.get('/:id', async (request, response) => {
    const { id } = parseParams(request, idParams);
    const letter = await findDeadLetter(db, id);
    if (!letter) throw notFound(`dead letter ${id}`);
    // Personal data do not belong into caches on the way.
    response.set('Cache-Control', 'no-store').json(presentDeadLetterWithBody(letter));
  });

  router.post('/:id/requeue', async (request, response) => {
    const { id } = parseParams(request, idParams);
    response.status(202).json(presentClosed(id, await requeueDeadLetter(db, id)));
  });

  router.post('/:id/discard', async (request, response) => {
    const { id } = parseParams(request, idParams);
    const { reason } = parseBody(request, discardBody);
    response.json(presentClosed(id, await discardDeadLetter(db, id, reason)));
  });

  return router;
}

/** @throws {Problem} where there is no such dead letter, or somebody saw to it before. */
function presentClosed(id: string, closing: Closing | undefined) {
  if (!closing) throw notFound(`dead letter ${id}`);
  if (!closing.closed) throw new Problem('deadLetterClosed', `It was ${closing.letter.status} already.`);
  return presentDeadLetter(closing.letter);
}
