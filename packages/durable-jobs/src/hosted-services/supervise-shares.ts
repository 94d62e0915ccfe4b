import type { HostedService, ServiceProgress } from './hosted-service.ts';
import { readShares } from './rows.ts';

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
      /** Time of the newest reported error. */
      let toldAt = Date.now();
      while (!signal.aborted) {
        const shares = (await readShares(db, [serviceId])).get(serviceId) ?? [];
        const failedAt = Math.max(0, ...shares.map(({ lastErrorAt }) => lastErrorAt?.getTime() ?? 0));
        const error = failedAt > toldAt ? new Error('a worker reported an error') : undefined;
        reported({ busy: shares.some(({ busy }) => busy), error });
        toldAt = Math.max(toldAt, failedAt);
        await pause(POLL_MS);
      }
    },
  };
}
