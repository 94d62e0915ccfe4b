import type { Client } from '@temporalio/client';
import type { JobRulesByType } from '../jobs/act/job-rules.ts';
import type { JobRegistry } from '../jobs/registry.ts';
import { relayOnce } from '../jobs/outbox/relay.ts';
import { createPace } from '../process/pace.ts';
import { backOffMs } from './back-off.ts';
import { polling, type HostedService } from './hosted-service.ts';

/**
 * An entry whose process died is found by looking, as nobody is left to notify: this, and the time that an entry is left to
 * its request, is how long its start is late.
 */
const POLL_MS = 5_000;

/** The longest that the relay leaves an engine that is away alone. */
const LONGEST_AWAY_MS = 30_000;

/** Dependencies of the relay. */
export interface OutboxRelayDeps {
  temporal: Client;
  jobs: JobRegistry;
  jobRules: JobRulesByType;
  /** How many starts it makes in a second at most; less than one is possible. */
  startsPerSecond: number;
}

/**
 * Makes the starts that were committed and not made: their process died, or the engine was away. Oldest first, one after the other, and
 * no more in a second than leaves the engine time for what is new.
 */
export function createOutboxRelay({
  temporal: client,
  jobs,
  jobRules,
  startsPerSecond,
}: OutboxRelayDeps): HostedService {
  const pace = createPace(startsPerSecond);
  /** Passes in a row that found nobody. */
  let away = 0;
  return polling({
    pollMs: POLL_MS,
    errorDelayMs: 5_000,
    async round({ db, logger, signal, report, pause }) {
      const { made, failed, engineAway, nextAt, more } = await relayOnce(
        { db, client, jobs, jobRules, logger },
        { signal, pace },
      );
      report({ processed: made, failed, ...(made + failed > 0 && { busy: true }) });
      if (engineAway === undefined) {
        away = 0;
        return { more, nextAt };
      }
      report({ busy: false, error: engineAway });
      await pause(backOffMs(++away, LONGEST_AWAY_MS));
      return { more: true };
    },
  });
}
