import { leaveToRelay, type OutboxEntry } from './enqueue.ts';
import { makeStart, type StartDeps } from './make-start.ts';
import type { StartOutcome } from './start-outcome.ts';

/**
 * Starts jobs immediately after their commit, from the request that enqueued them. Time and concurrency are limited: the relay makes the
 * starts that are left.
 */
export interface Dispatcher {
  /** Resolves with the outcome of the start, or with undefined if its time was up and the relay makes it. Never rejects. */
  dispatch: (entry: OutboxEntry) => Promise<StartOutcome | undefined>;
  /** Resolves when nothing is in flight any more. */
  drain: () => Promise<void>;
}

/** Starts that may be in progress at once; further ones are left to the relay, so that memory stays bounded. */
const MAX_IN_FLIGHT = 200;

/** Creates a dispatcher that lets a request wait for the engine for at most `timeoutMs`. */
export function createDispatcher(deps: StartDeps & { timeoutMs: number }): Dispatcher {
  const inFlight = new Set<Promise<StartOutcome | undefined>>();

  const perform = async (entry: OutboxEntry): Promise<StartOutcome | undefined> => {
    try {
      return await makeStart(deps, entry, 'request');
    } catch (error) {
      deps.logger.warn({ err: error, jobId: entry.jobId }, 'the job was left to the outbox relay');
      // If this fails, the relay finds the entry by itself a few seconds later.
      await leaveToRelay(deps.db, entry.id).catch(() => undefined);
      return undefined;
    }
  };

  return {
    async dispatch(entry) {
      if (inFlight.size >= MAX_IN_FLIGHT) return undefined;
      const performing = perform(entry);
      inFlight.add(performing);
      void performing.finally(() => inFlight.delete(performing));
      let timer: NodeJS.Timeout | undefined;
      const timeUp = new Promise<undefined>((resolve) => {
        timer = setTimeout(resolve, deps.timeoutMs, undefined);
      });
      const done = await Promise.race([performing, timeUp]);
      clearTimeout(timer);
      return done;
    },
    async drain() {
      await Promise.all(inFlight);
    },
  };
}
