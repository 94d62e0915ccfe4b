import type { Express } from 'express';
import { createApi } from 'durable-jobs/api';
import type { AppDeps } from './deps.ts';
import { apiDescription } from './openapi/description.ts';
import { authRoutes } from './auth/routes.ts';
import { findingRoutes } from './reconciliations/finding-routes.ts';
import { orderMessageRoutes } from './order-messages/routes.ts';
import { orderRoutes } from './orders/routes.ts';
import { passwordPageRoutes } from './password-page/routes.ts';
import { processBulkRoutes } from './process-bulk/routes.ts';
import { reconciliationRoutes } from './reconciliations/routes.ts';
import { reportRoutes } from './reports/routes.ts';
import { statsRoutes } from './stats/routes.ts';
import { stockRoutes } from './stock/routes.ts';
import { subjectRoutes } from './subjects/routes.ts';
import { userRoutes } from './users/routes.ts';
import { updateRefusals } from './update-refusals.ts';

/** Builds the HTTP application. The caller listens, and closes the dependencies that it passed. */
export function createApp(deps: AppDeps): Express {
  return createApi({ ...deps, description: apiDescription, updateRefusals }, (createOnce) => ({
    pages: [passwordPageRoutes()],
    open: [authRoutes(deps, createOnce)],
    guarded: [
      processBulkRoutes(deps),
      userRoutes(deps),
      orderRoutes(deps, createOnce),
      stockRoutes(deps),
      reportRoutes(deps),
      statsRoutes(deps),
      reconciliationRoutes(deps),
      findingRoutes(deps),
      orderMessageRoutes(createOnce),
      subjectRoutes(deps),
    ],
    navigation: [
      { name: 'Orders', path: '/api/orders' },
      { name: 'Reports', path: '/api/reports' },
      { name: 'Statistics', path: '/api/stats' },
      { name: 'Reconciliations', path: '/api/reconciliations' },
      { name: 'Findings', path: '/api/findings' },
    ],
  }));
}
