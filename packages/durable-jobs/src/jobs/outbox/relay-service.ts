import { relayOnce } from './relay.ts';
import { createPace } from '../../worker/pace.ts';
import { backOffMs } from '../../hosted-services/back-off.ts';
import type { ServiceDeps } from '../../hosted-services/deps.ts';
import { polling, type HostedService } from '../../hosted-services/hosted-service.ts';

/**
 * An entry whose process died is found by looking, as nobody is left to notify: this, and the time that an entry is left to
 * its request, is how long its start is late.
 */
const POLL_MS = 5_000;

/** The longest that the relay leaves an engine that is away alone. */
const LONGEST_AWAY_MS = 30_000;

/**
 * Makes the starts that were committed and not made: their process died, or the engine was away. Oldest first, one after
 * the other, and no more in a second than leaves the engine time for what is new.
 */
export function createOutboxRelay({ temporal, settings }: ServiceDeps): HostedService {
  const pace = createPace(settings.OUTBOX_STARTS_PER_SECOND);
  /** Passes in a row that found nobody. */
  let away = 0;
  return polling({
    pollMs: POLL_MS,
    errorDelayMs: 5_000,
    async round({ db, logger, signal, report, pause }) {
      const { made, failed, engineAway, nextAt, more } = await relayOnce(
        { db, client: temporal, logger },
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
