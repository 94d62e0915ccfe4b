import { catalogue } from '../../contracts/catalogue.ts';
import { jobId } from '../../contracts/define-job.ts';
import { findUser } from '../../platform/repositories/users.ts';
import type { AppDeps } from '../deps.ts';
import { notFound } from '../problem.ts';
import { Routes } from '../routing/routes.ts';
import { idParams } from '../schemas.ts';
import { parseParams } from '../validate.ts';
import { passwordResetJobId } from '../jobs/end-void-reset.ts';

/** Users, with links to the jobs that work for them. */
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
        self: `/api/users/${user.id}`,
        welcomeEmailJob: `/api/jobs/${jobId(catalogue.sendWelcomeEmail, { userId: user.id })}`,
        passwordResetJob: `/api/jobs/${passwordResetJobId(deps.secrets.accountKey(user.email))}`,
      },
    });
  });
  return routes;
}
