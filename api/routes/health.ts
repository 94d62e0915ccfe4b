import { Router } from 'express';
import { taskQueueNames } from '../../contracts/names.ts';
import { checkReadiness } from '../../platform/readiness.ts';
import type { AppDeps } from '../deps.ts';

/** `/healthz`: the process answers. `/readyz`: database and engine answer, and workers poll every task queue. */
export function healthRoutes(deps: AppDeps): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const readiness = await checkReadiness(
      { db: deps.db, client: deps.temporal },
      taskQueueNames,
      deps.config.ENGINE_TIMEOUT,
    );
    response.status(readiness.ready ? 200 : 503).json(readiness);
  });
  return router;
}
