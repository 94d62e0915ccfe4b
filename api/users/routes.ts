import { sendWelcomeEmail } from '../../contracts/jobs/send-welcome-email.ts';
import { jobId } from 'durable-jobs/define';
import { accountKey } from '../../domain/accounts/derived-secrets.ts';
import { findUser } from '../../domain/accounts/users.ts';
import type { AppDeps } from '../deps.ts';
import { newestEmailsOfUser } from '../../domain/mail/emails-of.ts';
import { listOrders } from '../../domain/orders/orders.ts';
import { idParams, linkTo, notFound, parseParams, prefersPage, Routes, sendPage } from 'durable-jobs/http';
import { passwordResetJobId } from '../../domain/accounts/end-void-reset.ts';
import { hasResetRequest } from '../../domain/accounts/password-resets.ts';
import { presentOrderHead } from '../orders/json.ts';
import { userPage } from './page.ts';

/** Orders and emails that the page of a user lists. */
const NEWEST = 10;

/** Returns the routes of users, with links to the jobs that work for them. */
export function userRoutes(deps: AppDeps): Routes {
  const routes = new Routes('/api/users');
  routes.get('/:id', 'viewer', async (request, response) => {
    const { id } = parseParams(request, idParams);
    const user = await findUser(deps.db, id);
    if (!user || user.erasedAt) throw notFound(`user ${id}`);
    const key = accountKey(deps.secrets, user.email);
    const json = {
      id: user.id,
      email: user.email,
      name: user.name,
      createdAt: user.createdAt.toISOString(),
      links: {
        self: linkTo(`/api/users/${user.id}`),
        welcomeEmailJob: linkTo(`/api/jobs/${jobId(sendWelcomeEmail, { userId: user.id })}`),
        passwordResetJob: linkTo(`/api/jobs/${passwordResetJobId(key)}`),
      },
    };
    if (!prefersPage(request, response)) {
      response.json(json);
      return;
    }
    const [orders, emails, hasRequestedReset] = await Promise.all([
      listOrders(deps.db, { userId: id }, { limit: NEWEST, after: undefined }),
      newestEmailsOfUser(deps.db, id, NEWEST),
      hasResetRequest(deps.db, key),
    ]);
    sendPage(
      request,
      response,
      userPage({ user: json, orders: orders.items.map(presentOrderHead), emails, hasRequestedReset }),
    );
  });
  return routes;
}
