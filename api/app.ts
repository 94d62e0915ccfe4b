import type { Express } from 'express';
import { createApi } from 'durable-jobs/api';
import type { AppDeps } from './deps.ts';
import { apiDescription } from './openapi/description.ts';
import { authRoutes } from './routes/auth.ts';
import { findingRoutes } from './routes/findings.ts';
import { orderMessageRoutes } from './routes/order-messages.ts';
import { orderRoutes } from './routes/orders.ts';
import { passwordPageRoutes } from './routes/password-page.ts';
import { processBulkRoutes } from './routes/process-bulk.ts';
import { reconciliationRoutes } from './routes/reconciliations.ts';
import { reportRoutes } from './routes/reports.ts';
import { statsRoutes } from './routes/stats.ts';
import { stockRoutes } from './routes/stock.ts';
import { subjectRoutes } from './routes/subjects.ts';
import { userRoutes } from './routes/users.ts';
import { updateRefusals } from './update-refusals.ts';

/** Builds the HTTP application; the caller listens, and closes what it handed in. */
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
  }));
}
