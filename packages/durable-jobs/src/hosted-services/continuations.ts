import type { Client } from '@temporalio/client';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import { carryOutCancellations, type CancellationDeps } from '../jobs/act/requested-cancellations.ts';
import { watchEndsOnce } from '../jobs/flow/watch-ends.ts';
import { LimitTurns } from '../jobs/limits/give-turns.ts';
import { meetLimitsOnce } from '../jobs/limits/meet-limits.ts';
import { KeptStarts } from '../jobs/limits/settle-kept.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { polling, type HostedService } from './hosted-service.ts';

/**
 * Polling interval. Workers report the ends that they see; a start after an unreported end is at most this late during its first minutes.
 */
const POLL_MS = 5_000;

/** Dependencies of the service. */
export interface ContinuationsDeps {
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
  audit: CancellationDeps['audit'];
}

/**
 * Creates the service that starts jobs that wait for others to end or at their limits, completes groups of jobs, and carries out
 * cancellations by SQL.
 */
export function createContinuations({
  temporal: client,
  jobs,
  jobRules,
  audit,
}: ContinuationsDeps): HostedService {
  const turns = new LimitTurns();
  const kept = new KeptStarts();
  return polling({
    pollMs: POLL_MS,
    errorDelayMs: 5_000,
    async round({ db, logger, report }) {
      const deps = { db, client, jobs, jobRules, logger };
      // One of them that fails, for example because of one cancellation, does not stop the others.
      const parts = [
        () => carryOutCancellations({ ...deps, audit }),
        () => watchEndsOnce(deps),
        () => meetLimitsOnce(deps, turns, kept),
      ];
      let processed = 0;
      let more = false;
      let nextAt: Date | undefined;
      const errors: unknown[] = [];
      for (const part of parts) {
        try {
          const pass: Pass = await part();
          processed += pass.ended ?? pass.settled ?? pass.given ?? 0;
          more ||= pass.more;
          nextAt = earliest(nextAt, pass.nextAt);
        } catch (error) {
          errors.push(error);
        }
      }
      report({ processed, ...(processed > 0 && { busy: true }) });
      for (const error of errors.slice(1)) logger.error({ err: error }, 'a part of the round failed');
      if (errors.length > 0) throw errors[0];
      return { more, nextAt };
    },
  });
}

/** The result of a part of a round. */
interface Pass {
  ended?: number;
  settled?: number;
  given?: number;
  more: boolean;
  nextAt: Date | undefined;
}

function earliest(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (!one || !other) return one ?? other;
  return one < other ? one : other;
}
