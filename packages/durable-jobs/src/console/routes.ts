import type { JobRegistry } from '../jobs/registry.ts';
import type { Client } from '@temporalio/client';
import { createScheduler } from '../schedules/scheduler.ts';
import { bulkJobsPart } from './bulk-jobs.ts';
import { dashboardQuery, dashboardUrl } from './dashboard.ts';
import { failuresPart } from './failures.ts';
import { healthPart } from './health.ts';
import { jobCountsPart } from './job-counts.ts';
import { overviewPage, type Section } from './overview-page.ts';
import { safePart, type Part } from './part.ts';
import { queuesPart } from './queues.ts';
import { countRetrying, retryingPart } from './retrying.ts';
import { schedulesPart } from './schedules.ts';
import { servicesPart } from './services.ts';
import { workersPart } from './workers.ts';
import { ListFreshness } from '../jobs/list/freshness.ts';
import { JobFailures } from '../jobs/list/job-failures.ts';
import { taskQueueNames, type TaskQueues } from '../engine/declared-queues.ts';
import { apiReadiness } from '../http/readiness.ts';
import { Routes } from '../http/routing/routes.ts';
import { sendPage } from '../http/pages.ts';
import { parseQuery } from '../http/validate.ts';
import type { ServiceRegistry } from '../hosted-services/service-registry.ts';
import type { WorkKindRegistry } from '../work-queue/work-kinds.ts';
import type { Db } from '../database/connect.ts';
import type { ApiConfig } from '../config/config.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Dependencies of the overview. */
export interface HomeRoutesDeps {
  db: Db;
  services: ServiceRegistry;
  workKinds: WorkKindRegistry;
  temporal: Client;
  /** The application's own task queues. */
  taskQueues: TaskQueues;
  jobs: JobRegistry;
  config: Pick<ApiConfig, 'TEMPORAL_UI_URL'>;
  logger: Logger;
}

/** Less than a section's time limit, so that a section with several checks can report which of them does not respond. */
const CHECK_TIMEOUT_MS = 1_200;

/** Routes of `/`, a page that shows the state of the service, and `/dashboard`, which redirects to the matching view of the Web UI. */
export function homeRoutes(deps: HomeRoutesDeps): Routes {
  const routes = new Routes();
  const { db, temporal: client, jobs, logger } = deps;
  const uiUrl = deps.config.TEMPORAL_UI_URL;
  const places = {
    top: [
      healthPart(apiReadiness({ ...deps, config: { ENGINE_TIMEOUT: CHECK_TIMEOUT_MS } }), () =>
        countRetrying(db),
      ),
    ],
    left: [
      retryingPart(db),
      failuresPart({
        db,
        client,
        jobs,
        uiUrl,
        failures: new JobFailures(client),
        freshness: new ListFreshness({ db, client }),
      }),
      bulkJobsPart(db),
      schedulesPart(createScheduler(client, logger)),
      workersPart(client, taskQueueNames(deps.taskQueues)),
    ],
    right: [
      jobCountsPart({ db, client, jobs }),
      servicesPart({ db, client, uiUrl, engineTimeoutMs: CHECK_TIMEOUT_MS }, deps.services.all),
      queuesPart(db, deps.workKinds),
    ],
  } satisfies Record<Section['place'], Part[]>;
  const parts = (['top', 'left', 'right'] as const).flatMap((place) =>
    places[place].map((part) => ({ place, ...safePart(part, { client, logger }) })),
  );

  routes.get('/', 'viewer', async (request, response) => {
    const sections = await Promise.all(
      parts.map(async ({ html, ...part }) => ({ ...part, content: await html() })),
    );
    sendPage(request, response, overviewPage(sections));
  });

  const toDashboard = dashboardQuery(jobs);
  routes.get('/dashboard', 'viewer', async (request, response) => {
    const query = parseQuery(request, toDashboard);
    response.redirect(await dashboardUrl({ client, uiUrl }, query));
  });

  return routes;
}
