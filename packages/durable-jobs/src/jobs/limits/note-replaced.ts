import { startsMade } from '../../telemetry/job-metrics.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** Counts and logs the starts that a later one has replaced at a limit that keeps the newest, given their jobs. */
export function noteReplaced(logger: Logger, by: 'request' | 'relay', jobIds: readonly string[]): void {
  for (const jobId of jobIds) {
    startsMade.inc({ by, outcome: 'replaced' });
    logger.info({ jobId }, 'a later start has replaced one that waited');
  }
}
