import { eraseSubject } from '../../contracts/jobs/erase-subject.ts';
import { z } from 'zod';
import { kebabCase } from 'durable-jobs/define';
import { enqueueStart } from 'durable-jobs/jobs';
import { accountKey } from '../../domain/accounts/derived-secrets.ts';
import { anonymiseSubject, lockSubject } from '../../domain/accounts/erasure.ts';
import type { AppDeps } from '../deps.ts';
import { linkTo, notFound, parseParams, Routes } from 'durable-jobs/http';

/** Path of a person. */
export const subjectParams = z.object({ userId: z.uuid({ error: 'must be a UUID' }) });

/** Returns the routes for the erasure of people. */
export function subjectRoutes(deps: AppDeps): Routes {
  const routes = new Routes('/api/subjects');

  routes.delete('/:userId', 'operator', async (request, response) => {
    const { userId } = parseParams(request, subjectParams);
    const entry = await deps.db.transaction().execute(async (trx) => {
      const subject = await lockSubject(trx, userId);
      if (!subject) throw notFound(`user ${userId}`);
      // The first request commits its job; another request has nothing to add.
      if (subject.erasedAt) return undefined;
      const account = accountKey(deps.secrets, subject.email);
      await anonymiseSubject(trx, subject);
      return enqueueStart(trx, eraseSubject, { userId, accountKey: account });
    });
    if (entry) deps.dispatcher.start([entry]);
    const jobId = `${kebabCase(eraseSubject.type)}:${userId}`;
    response
      .status(202)
      .location(linkTo(`/api/jobs/${jobId}`))
      .json({ jobId });
  });

  return routes;
}
