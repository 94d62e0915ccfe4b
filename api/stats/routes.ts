import { readStatistics } from '../../domain/reports/statistics.ts';
import type { AppDeps } from '../deps.ts';
import { prefersPage, Routes, sendPage } from 'durable-jobs/http';
import { statsPage } from './page.ts';

/** How long a client may use the response without asking again, in seconds. Figures change every half hour at the earliest. */
const MAX_AGE_SECONDS = 60;

/** Returns the route of the statistics, as of their last refresh. */
export function statsRoutes(deps: AppDeps): Routes {
  const routes = new Routes('/api/stats');
  routes.get('/', 'viewer', async (request, response) => {
    const statistics = await readStatistics(deps.db);
    const { refreshedAt, figures } = statistics;
    if (prefersPage(request, response)) {
      sendPage(request, response, statsPage(statistics));
      return;
    }
    response
      .set({
        'Cache-Control': `private, max-age=${MAX_AGE_SECONDS}`,
        ETag: `"${refreshedAt.getTime()}"`,
        'Last-Modified': refreshedAt.toUTCString(),
      })
      .json({ refreshedAt, ...figures });
  });
  return routes;
}
