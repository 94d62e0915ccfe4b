import { listFindings } from '../../domain/reconciliation/findings.ts';
import {
  findReconciliation,
  listReconciliations,
  type Reconciliation,
} from '../../domain/reconciliation/reconciliations.ts';
import {
  idParams,
  linkTo,
  notFound,
  parseParams,
  parseQuery,
  presentPage,
  Routes,
  sendJsonOrPage,
  timePageQuery,
} from 'durable-jobs/http';
import type { AppDeps } from '../deps.ts';
import { presentFinding } from './finding-json.ts';
import type { ReconciliationView } from './json.ts';
import { reconciliationListPage, reconciliationPage } from './pages.ts';

/** Returns the routes of reconciliations, each with its findings. */
export function reconciliationRoutes(deps: AppDeps): Routes {
  const routes = new Routes('/api/reconciliations');

  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor } = parseQuery(request, timePageQuery);
    const page = await listReconciliations(deps.db, { limit, after: cursor });
    const json = presentPage(page, presentReconciliation);
    sendJsonOrPage(request, response, { json, page: (query) => reconciliationListPage(query, json) });
  });

  routes.get('/:id', 'viewer', async (request, response) => {
    const { id } = parseParams(request, idParams);
    const { limit, cursor } = parseQuery(request, timePageQuery);
    const run = await findReconciliation(deps.db, id);
    if (!run) throw notFound(`reconciliation ${id}`);
    const page = await listFindings(deps.db, { reconciliationId: id }, { limit, after: cursor });
    const json = { ...presentReconciliation(run), findings: presentPage(page, presentFinding) };
    sendJsonOrPage(request, response, { json, page: (query) => reconciliationPage(query, json) });
  });

  return routes;
}

function presentReconciliation(run: Reconciliation): ReconciliationView {
  return {
    id: run.id,
    status: run.status,
    windowStart: run.windowStart.toISOString(),
    startedAt: run.startedAt.toISOString(),
    endedAt: run.endedAt?.toISOString() ?? null,
    read: { payments: run.payments, refunds: run.refunds, orders: run.orders },
    result: { found: run.found, repaired: run.repaired, resolved: run.resolved, open: run.open },
    jobId: run.jobId,
    links: { self: linkTo(`/api/reconciliations/${run.id}`), job: linkTo(`/api/jobs/${run.jobId}`) },
  };
}
