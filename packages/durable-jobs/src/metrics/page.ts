import { taskQueueNames } from '../engine/declared-queues.ts';
import { backlogMetrics } from './backlogs.ts';
import { checkMetrics } from '../telemetry/check-metrics.ts';
import { scheduleMetrics, taskQueueMetrics } from './engine-metrics.ts';
import { createMetricsPage } from '../telemetry/metrics-page.ts';
import { retryingMetrics } from './retrying-metrics.ts';
import { apiReadiness } from '../http/readiness.ts';

/**
 * Returns the function that creates the API's metrics page. It includes the figures of the whole service, such as its queues. Workers do
 * not report them, because the API is available when no worker is.
 */
export function apiMetricsPage(
  deps: Parameters<typeof apiReadiness>[0] &
    Parameters<typeof retryingMetrics>[0] & { workKinds: readonly string[] },
  { ownNamesOnly = false } = {},
): () => Promise<string> {
  return createMetricsPage({
    sources: [
      checkMetrics(apiReadiness(deps)),
      backlogMetrics(deps.db, deps.workKinds),
      retryingMetrics(deps),
      taskQueueMetrics(deps.temporal, taskQueueNames(deps.taskQueues)),
      scheduleMetrics(deps.temporal),
    ],
    ownNamesOnly,
    // Less than Prometheus's own timeout of ten seconds.
    timeoutMs: deps.config.ENGINE_TIMEOUT,
    logger: deps.logger,
  });
}
