import { Router } from 'express';
import { taskQueueNames } from '../../contracts/names.ts';
import { createReadiness, databaseCheck, engineCheck, pollerChecks } from '../../platform/readiness.ts';
import type { AppDeps } from '../deps.ts';

/** `/healthz`: the process answers. `/readyz`: database and engine answer, and workers poll every task queue. */
export function healthRoutes(deps: AppDeps): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  const readReadiness = createReadiness(
    {
      database: databaseCheck(deps.db),
      engine: engineCheck(deps.temporal),
      ...pollerChecks(deps.temporal, taskQueueNames),
    },
    { timeoutMs: deps.config.ENGINE_TIMEOUT, logger: deps.logger },
  );
  router.get('/readyz', async (_request, response) => {
    const readiness = await readReadiness();
    response.status(readiness.ready ? 200 : 503).json(readiness);
  });
  return router;
}
