import { taskQueueNames } from '../engine/declared-queues.ts';
import { backlogMetrics } from './backlogs.ts';
import { checkMetrics } from '../telemetry/check-metrics.ts';
import { scheduleMetrics, taskQueueMetrics } from './engine-metrics.ts';
import { createMetricsPage } from '../telemetry/metrics-page.ts';
import { retryingMetrics } from './retrying-metrics.ts';
import { apiReadiness } from '../http/readiness.ts';

/**
 * Creates the API's `/metrics`. What the whole service has in common, such as its queues, is told here and not by the workers: the API is
 * there when no worker is.
 */
export function apiMetricsPage(
  deps: Parameters<typeof apiReadiness>[0] &
    Parameters<typeof retryingMetrics>[0] & { workKinds: readonly string[] },
): () => Promise<string> {
  return createMetricsPage({
    sources: [
      checkMetrics(apiReadiness(deps)),
      backlogMetrics(deps.db, deps.workKinds),
      retryingMetrics(deps),
      taskQueueMetrics(deps.temporal, taskQueueNames(deps.taskQueues)),
      scheduleMetrics(deps.temporal),
    ],
    // Within Prometheus's own time-out, which is ten seconds.
    timeoutMs: deps.config.ENGINE_TIMEOUT,
    logger: deps.logger,
  });
}
