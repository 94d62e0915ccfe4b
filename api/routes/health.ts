import { Router } from 'express';
import type { Readiness } from '../../platform/readiness.ts';

/** `/healthz`: the process answers. `/readyz`: database and engine answer, and workers poll every task queue. */
export function healthRoutes(readReadiness: () => Promise<Readiness>): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    const readiness = await readReadiness();
    response.status(readiness.ready ? 200 : 503).json(readiness);
  });
  return router;
}
