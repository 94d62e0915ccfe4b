import type { Client } from '@temporalio/client';
import { taskQueueNames, type TaskQueues } from '../engine/declared-queues.ts';
import {
  createReadiness,
  databaseCheck,
  engineCheck,
  pollerChecks,
  type Readiness,
} from '../telemetry/readiness.ts';
import type { Db } from '../database/connect.ts';
import type { ApiConfig } from '../config/config.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Dependencies of the API's readiness. */
export interface ReadinessDeps {
  db: Db;
  temporal: Client;
  /** The application's own task queues. */
  taskQueues: TaskQueues;
  logger: Logger;
  config: Pick<ApiConfig, 'ENGINE_TIMEOUT'>;
}

/** Returns a function that checks whether the API can work: the database and the engine respond, and workers poll every task queue. */
export function apiReadiness(deps: ReadinessDeps): () => Promise<Readiness> {
  return createReadiness(
    {
      database: databaseCheck(deps.db),
      engine: engineCheck(deps.temporal),
      ...pollerChecks(deps.temporal, taskQueueNames(deps.taskQueues)),
    },
    { timeoutMs: deps.config.ENGINE_TIMEOUT, logger: deps.logger },
  );
}
