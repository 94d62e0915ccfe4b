import type { HostedService, ServiceProgress } from './hosted-service.ts';
import { readHostedServices, readShares } from './rows.ts';

/** Polling interval of the shares. */
const POLL_MS = 5_000;

/**
 * Returns what the workflow's activity does for a service that runs on every worker: it reports what all workers do together. The work does not
 * depend on it.
 */
export function superviseShares(
  serviceId: string,
  reported: (progress: ServiceProgress) => void,
): HostedService {
  return {
    async run({ db, signal, pause }) {
      /** The service's last error, of any share, as the round before found it; undefined before the first round. */
      let before: { at: number } | undefined;
      while (!signal.aborted) {
        const [shares, rows] = await Promise.all([
          readShares(db, [serviceId]),
          readHostedServices(db, [serviceId]),
        ]);
        const last = { at: rows.get(serviceId)?.lastErrorAt?.getTime() ?? 0 };
        // Not whether it is later: each worker has its own clock.
        const error = before && before.at !== last.at ? new Error('a worker reported an error') : undefined;
        reported({ busy: shares.get(serviceId)?.some(({ busy }) => busy) ?? false, error });
        before = last;
        await pause(POLL_MS);
      }
    },
  };
}
