import { z } from 'zod';
import { listFindings } from '../../domain/reconciliation/findings.ts';
import { parseQuery, presentPage, Routes, sendJsonOrPage, timePageQuery } from 'durable-jobs/http';
import type { AppDeps } from '../deps.ts';
import { presentFinding } from './finding-json.ts';
import { findingListPage } from './finding-page.ts';

/** The query of the list. */
export const findingsQuery = timePageQuery.extend({
  source: z.enum(['payments', 'maintenance']).optional(),
  status: z.enum(['open', 'resolved']).optional(),
});

/** Returns the routes of findings: what reconciliations and maintenances have found. */
export function findingRoutes(deps: AppDeps): Routes {
  const routes = new Routes('/api/findings');
  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor, source, status } = parseQuery(request, findingsQuery);
    const filter = {
      ...(source !== undefined && { source }),
      ...(status !== undefined && { open: status === 'open' }),
    };
    const page = await listFindings(deps.db, filter, { limit, after: cursor });
    const json = presentPage(page, presentFinding);
    sendJsonOrPage(request, response, {
      json,
      page: (given) => findingListPage(given, json),
    });
  });
  return routes;
}
