import type { Client } from '@temporalio/client';
import type { Db } from '../database/connect.ts';
import { taskQueueNames, type TaskQueues } from '../engine/declared-queues.ts';
import { readDeployments } from '../engine/deployments.ts';
import { prefersPage, sendPage } from '../http/pages.ts';
import { Routes } from '../http/routing/routes.ts';
import { callTimeoutMs } from '../http/timeouts.ts';
import { readBacklogs } from '../metrics/backlogs.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { WorkKindRegistry } from '../work-queue/work-kinds.ts';
import { readLanes } from './lanes.ts';
import { queuesPage } from './overview-page.ts';
import { safePart } from './part.ts';
import { presentQueues } from './queue-json.ts';
import { queuesPart } from './queues.ts';
import { versionsPart } from './versions.ts';
import { workersPart } from './workers.ts';

/** Dependencies of the routes of workers and queues. */
export interface QueueRoutesDeps {
  db: Db;
  temporal: Client;
  /** The application's own task queues. */
  taskQueues: TaskQueues;
  workKinds: WorkKindRegistry;
  logger: Logger;
}

/** Routes of the workers and queues: who polls each task queue, and what waits in the database. */
export function queueRoutes({
  db,
  temporal: client,
  taskQueues,
  workKinds,
  logger,
}: QueueRoutesDeps): Routes {
  const routes = new Routes('/api/queues');
  const names = taskQueueNames(taskQueues);
  const parts = [workersPart(client, names), versionsPart(client), queuesPart(db, workKinds)].map((part) =>
    safePart(part, { client, logger }),
  );

  routes.get('/', 'viewer', async (request, response) => {
    if (prefersPage(request, response)) {
      const sections = await Promise.all(
        parts.map(async ({ id, title, html }) => ({ id, title, content: await html() })),
      );
      sendPage(request, response, queuesPage(sections));
      return;
    }
    const deadline = Date.now() + callTimeoutMs;
    const [lanes, deployments, backlogs] = await Promise.all([
      client.withDeadline(deadline, () => readLanes(client, names)),
      // The rest is useful without them.
      client
        .withDeadline(deadline, () => readDeployments(client))
        .catch((error: unknown) => {
          logger.warn({ err: error }, 'the versions of the workers could not be read');
          return null;
        }),
      readBacklogs(db, workKinds.kinds),
    ]);
    response.json(presentQueues(lanes, backlogs, deployments));
  });

  return routes;
}
