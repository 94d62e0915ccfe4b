import { z } from 'zod';
import { emailStatuses } from './tables.ts';
import { findEmail, listEmails, requeueEmail, type Email } from './rows.ts';
import { presentPage, timePageQuery } from '../http/cursor.ts';
import { presentEmail } from './json.ts';
import { emailListPage, emailPage } from './pages.ts';
import { sendJsonOrPage } from '../http/pages.ts';
import { notFound, Problem } from '../http/problem.ts';
import { Routes } from '../http/routing/routes.ts';
import { idParams } from '../http/schemas.ts';
import { parseParams, parseQuery } from '../http/validate.ts';
import type { Db } from '../database/connect.ts';

/** Query of `GET /api/emails`. */
export const emailsQuery = timePageQuery.extend({
  status: z.enum(emailStatuses).optional(),
  sender: z.enum(['job', 'service']).optional(),
  userId: z.uuid().optional(),
});

/** Dependencies of the routes of emails. */
export interface EmailRoutesDeps {
  db: Db;
}

/** Routes of emails: their status, and requeueing of dead ones. */
export function emailRoutes(deps: EmailRoutesDeps): Routes {
  const routes = new Routes('/api/emails');

  const getEmail = async (id: string): Promise<Email> => {
    const email = await findEmail(deps.db, id);
    if (!email) throw notFound(`email ${id}`);
    return email;
  };

  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor, ...filter } = parseQuery(request, emailsQuery);
    const json = presentPage(await listEmails(deps.db, filter, { limit, after: cursor }), presentEmail);
    sendJsonOrPage(request, response, {
      json,
      page: (query) => emailListPage(query, json),
    });
  });

  routes.get('/:id', 'viewer', async (request, response) => {
    const { id } = parseParams(request, idParams);
    const json = presentEmail(await getEmail(id));
    sendJsonOrPage(request, response, { json, page: () => emailPage(json) });
  });

  routes.post('/:id/requeue', 'operator', async (request, response) => {
    const { id } = parseParams(request, idParams);
    const email = await getEmail(id);
    if (email.sender === 'job') {
      throw new Problem('emailOfJob', 'The job of the email sends it; its content is not stored here.');
    }
    if (!(await requeueEmail(deps.db, id))) {
      throw new Problem('emailNotDead', `The email is ${email.status}.`);
    }
    response.status(202).json(presentEmail(await getEmail(id)));
  });

  return routes;
}
