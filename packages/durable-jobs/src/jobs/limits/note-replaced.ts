import { startsMade } from '../../telemetry/job-metrics.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** Counts and logs the starts that a later one has replaced, given their jobs and, where it is known, its own. */
export function noteReplaced(
  logger: Logger,
  by: 'request' | 'relay',
  jobIds: readonly string[],
  replacedBy?: string,
): void {
  for (const jobId of jobIds) {
    startsMade.inc({ by, outcome: 'replaced' });
    logger.info({ jobId, replacedBy }, 'a later start has replaced one that waited');
  }
}
