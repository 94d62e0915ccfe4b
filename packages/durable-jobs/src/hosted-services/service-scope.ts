import { setMaxListeners } from 'node:events';
import type { Db } from '../database/connect.ts';
import type { Logger } from '../telemetry/logger.ts';
import { inSpan } from '../telemetry/tracing.ts';
import type { ServiceProgress, ServiceScope } from './hosted-service.ts';

/** A scope, and the controls for the run that created it. */
export interface OwnedScope {
  scope: ServiceScope;
  /** Ends the service's current wait, or the next one if it is not waiting. */
  wake: () => void;
}

/** Creates the scope of one run of a service. */
export function createScope(options: {
  db: Db;
  logger: Logger;
  signal: AbortSignal;
  report: (progress: ServiceProgress) => void;
}): OwnedScope {
  const { db, logger, signal, report } = options;
  // Each message that waits for its next attempt listens. Node would warn of more than ten, as of a leak.
  setMaxListeners(0, signal);
  let woken = false;
  const waiting = new Set<() => void>();

  const wake = (): void => {
    woken = true;
    for (const end of waiting) end();
  };

  const sleep = (ms: number, wakeable: boolean): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted || (wakeable && woken)) {
        if (wakeable) woken = false;
        resolve();
        return;
      }
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        waiting.delete(end);
        if (wakeable) woken = false;
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
      if (wakeable) waiting.add(end);
    });

  const scope: ServiceScope = {
    signal,
    db,
    logger,
    wait: (ms) => sleep(ms, true),
    pause: (ms) => sleep(ms, false),
    report,
    async unit(ids, work) {
      let child: Logger | undefined;
      // Creating one takes longer than a small unit, and most units log nothing.
      const unitLogger = (): Logger => (child ??= logger.child(ids));
      try {
        const result = await inSpan('service unit', { kind: 'consumer', root: true }, () =>
          work({
            db,
            signal,
            get logger() {
              return unitLogger();
            },
          }),
        );
        report({ processed: 1 });
        return result;
      } catch (error) {
        unitLogger().error({ err: error }, 'a unit of the service failed');
        report({ failed: 1, error });
        return undefined;
      }
    },
  };
  return { scope, wake };
}
