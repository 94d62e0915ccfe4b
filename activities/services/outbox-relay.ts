import { relayOnce } from '../../platform/outbox/relay.ts';
import { polling, type HostedService } from './hosted-service.ts';
import type { ServiceDeps } from './deps.ts';

/** Makes the starts that were committed and not made: their process died, or the engine was away. */
export function createOutboxRelay({ temporal }: ServiceDeps): HostedService {
  return polling({
    pollMs: 2_000,
    errorDelayMs: 5_000,
    async round({ db, logger, signal, report }) {
      const made = await relayOnce({ db, client: temporal, logger }, signal);
      report({ processed: made, busy: made > 0 });
      return { more: made > 0 };
    },
  });
}
