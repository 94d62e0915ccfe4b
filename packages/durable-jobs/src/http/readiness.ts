import { taskQueueNames } from '../../../../contracts/names.ts';
import {
  createReadiness,
  databaseCheck,
  engineCheck,
  pollerChecks,
  type Readiness,
} from '../telemetry/readiness.ts';
import type { AppDeps } from '../../../../api/deps.ts';

/** What reads whether the API can do its work: database and engine answer, and workers poll every task queue. */
export function apiReadiness(deps: {
  db: AppDeps['db'];
  temporal: AppDeps['temporal'];
  logger: AppDeps['logger'];
  config: Pick<AppDeps['config'], 'ENGINE_TIMEOUT'>;
}): () => Promise<Readiness> {
  return createReadiness(
    {
      database: databaseCheck(deps.db),
      engine: engineCheck(deps.temporal),
      ...pollerChecks(deps.temporal, taskQueueNames),
    },
    { timeoutMs: deps.config.ENGINE_TIMEOUT, logger: deps.logger },
  );
}
