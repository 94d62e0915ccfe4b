import type { Readiness } from '../telemetry/readiness.ts';
import { Routes } from './routing/routes.ts';

/**
 * Returns the routes `/healthz`, which checks that the process responds, and `/readyz`, which checks that the database and the engine
 * respond and that workers poll every task queue.
 */
export function healthRoutes(readReadiness: () => Promise<Readiness>): Routes {
  const routes = new Routes();
  routes.get('/healthz', 'public', (_request, response) => {
    response.json({ status: 'ok' });
  });
  routes.get('/readyz', 'public', async (_request, response) => {
    const readiness = await readReadiness();
    response.status(readiness.ready ? 200 : 503).json(readiness);
  });
  return routes;
}
