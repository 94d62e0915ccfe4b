import { sendWelcomeEmail } from '../../contracts/jobs/send-welcome-email.ts';
import { jobId } from 'durable-jobs/define';
import { accountKey } from '../../domain/accounts/derived-secrets.ts';
import { findUser } from '../../domain/accounts/users.ts';
import type { AppDeps } from '../deps.ts';
import { idParams, linkTo, notFound, parseParams, Routes } from 'durable-jobs/http';
import { passwordResetJobId } from '../../domain/accounts/end-void-reset.ts';

/** Returns the routes of users, with links to the jobs that work for them. */
export function userRoutes(deps: AppDeps): Routes {
  const routes = new Routes('/api/users');
  routes.get('/:id', 'viewer', async (request, response) => {
    const { id } = parseParams(request, idParams);
    const user = await findUser(deps.db, id);
    if (!user || user.erasedAt) throw notFound(`user ${id}`);
    response.json({
      id: user.id,
      email: user.email,
      name: user.name,
      createdAt: user.createdAt.toISOString(),
      links: {
        self: linkTo(`/api/users/${user.id}`),
        welcomeEmailJob: linkTo(`/api/jobs/${jobId(sendWelcomeEmail, { userId: user.id })}`),
        passwordResetJob: linkTo(`/api/jobs/${passwordResetJobId(accountKey(deps.secrets, user.email))}`),
      },
    });
  });
  return routes;
}
