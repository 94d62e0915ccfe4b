import type { Client } from '@temporalio/client';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { DueStarts } from '../jobs/outbox/due-starts.ts';
import { MOST_AT_ONCE, relayOnce } from '../jobs/outbox/relay.ts';
import { createAdaptiveLimit } from '../process/adaptive-limit.ts';
import { createPace } from '../process/pace.ts';
import { backOffMs } from './back-off.ts';
import { polling, type HostedService } from './hosted-service.ts';

/**
 * Polling interval. Nobody notifies the relay of an entry whose process died; its start is late by this interval and the time for which an
 * entry is left to its request.
 */
const POLL_MS = 5_000;

/** Longest pause while the engine is unavailable. */
const LONGEST_AWAY_MS = 30_000;

/** Dependencies of the relay. */
export interface OutboxRelayDeps {
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
  /** Maximum number of starts per second; values below one are allowed. */
  startsPerSecond: number;
}

/**
 * Creates the service that starts jobs whose start was committed but not made, because their process died or the engine was unavailable:
 * by priority and in turns between keys. It makes several at once while that does not make the engine slower, and no more than
 * `startsPerSecond`, so that new work keeps its share.
 */
export function createOutboxRelay({
  temporal: client,
  jobs,
  jobRules,
  startsPerSecond,
}: OutboxRelayDeps): HostedService {
  const pace = createPace(startsPerSecond);
  const due = new DueStarts();
  const atOnce = createAdaptiveLimit(MOST_AT_ONCE);
  /** Consecutive passes in which the engine made no start because it was unavailable. */
  let away = 0;
  return polling({
    pollMs: POLL_MS,
    errorDelayMs: 5_000,
    async round({ db, logger, signal, report, pause }) {
      const { made, failed, engineAway, nextAt, more } = await relayOnce(
        { db, client, jobs, jobRules, logger },
        { signal, pace, due, atOnce },
      );
      report({ processed: made, failed, ...(made + failed > 0 && { busy: true }) });
      if (engineAway === undefined) {
        away = 0;
        return { more, nextAt };
      }
      report({ busy: false, error: engineAway });
      // It responds, and only had too much to do.
      if (made > 0) away = 0;
      await pause(backOffMs(++away, LONGEST_AWAY_MS));
      return { more: true };
    },
  });
}
