import { AsyncLocalStorage } from 'node:async_hooks';
import { isEngineUnavailable } from '../../engine/client.ts';
import { startsMade } from '../../telemetry/job-metrics.ts';
import { isDebounced } from '../debounce/debounce-of.ts';
import { GRACE_MS, leaveToRelay, type OutboxEntry } from './enqueue.ts';
import { findEarlierUnmade } from './find.ts';
import { createLanes } from './lanes.ts';
import { makeStart, type StartDeps } from './make-start.ts';
import { createOutcomeRecorder } from './outcome-recorder.ts';
import type { StartOutcome } from './start-outcome.ts';
import { waitBehind } from './wait-behind.ts';

/**
 * Makes the starts that this process has committed. Time, concurrency and memory are limited: the relay makes the starts that are left.
 */
export interface Dispatcher {
  /**
   * Makes committed starts in the background, those of one job in order. A start is left to the relay while an earlier one of its job is
   * still to be made elsewhere. Call it after the commit. Never throws.
   */
  start: (entries: readonly OutboxEntry[]) => void;
  /**
   * Makes a start for a caller that needs the run, ahead of those in the background. Resolves with the outcome, or with undefined if its
   * time was up or it failed, and the relay makes it. Never rejects.
   */
  dispatch: (entry: OutboxEntry) => Promise<StartOutcome | undefined>;
  /** Resolves when no start is in progress, within a few seconds. Later starts are left to the relay. */
  drain: () => Promise<void>;
}

/** Limit of concurrent starts in the background. */
const IN_BACKGROUND = 50;

/** Limit of waiting starts; an engine takes a few seconds for as many. */
const MOST_WAITING = 1_000;

/** Waiting time after which a start is left to the relay. The rest of the time until the relay takes it is for the call. */
const LONGEST_WAIT_MS = 3_000;

/** Limit of concurrent starts that callers wait for; further ones are left to the relay. */
const MOST_AWAITED = 200;

/** A start in the background outlives its request, and must not inherit the limits of the request that happens to begin it. */
const outsideOfRequests = AsyncLocalStorage.snapshot();

/** Creates a dispatcher that lets a caller wait for the engine for at most `timeoutMs`. */
export function createDispatcher(deps: StartDeps & { timeoutMs: number }): Dispatcher {
  const { logger } = deps;
  const recorder = createOutcomeRecorder(deps.db);
  const awaited = new Set<Promise<StartOutcome | undefined>>();
  let isDraining = false;

  const make = async (entry: OutboxEntry, knownAt: number): Promise<StartOutcome | undefined> => {
    try {
      // One that waits for others first joins them. What is made then is in its order.
      const isInLine = entry.isBehind && !isDebounced(deps.jobs, entry);
      const earlier = isInLine ? await findEarlierUnmade(deps.db, entry) : undefined;
      const timeoutMs = GRACE_MS - (performance.now() - knownAt);
      if (earlier) return await keepBehind(entry, earlier.waitsFor, timeoutMs);
      return await makeStart(deps, entry, { by: 'request', recorder, timeoutMs, knownAt });
    } catch (error) {
      logger.warn({ err: error, jobId: entry.jobId }, 'the job was left to the outbox relay');
      // The relay finds the entry by itself a few seconds later, which is early enough while the engine is unavailable.
      if (!isEngineUnavailable(error)) await leaveToRelay(deps.db, entry.id).catch(() => undefined);
      return undefined;
    }
  };

  /** Lets a start wait for the run that an earlier one of its job waits for; leaves it to the relay if that one is made elsewhere. */
  const keepBehind = async (
    entry: OutboxEntry,
    waitsFor: string | null,
    timeoutMs: number,
  ): Promise<StartOutcome | undefined> => {
    const outcome =
      waitsFor === null ? undefined : await waitBehind(deps, entry, { runId: waitsFor, timeoutMs });
    if (outcome) return outcome;
    leave();
    await leaveToRelay(deps.db, entry.id);
    return undefined;
  };

  const lanes = createLanes<{ entry: OutboxEntry; since: number }>({
    keyOf: ({ entry }) => entry.jobId,
    limit: () => IN_BACKGROUND,
    async work({ entry, since }) {
      if (performance.now() - since > LONGEST_WAIT_MS) leave();
      else await make(entry, since);
    },
  });

  const leave = (): void => startsMade.inc({ by: 'request', outcome: 'left' });

  return {
    start(entries) {
      const since = performance.now();
      for (const entry of entries) {
        // A held start is not to be made yet.
        if (entry.isHeld) continue;
        if (isDraining || lanes.waiting >= MOST_WAITING) leave();
        else outsideOfRequests(lanes.add, { entry, since });
      }
    },
    async dispatch(entry) {
      if (isDraining || awaited.size >= MOST_AWAITED) return undefined;
      const making = make(entry, performance.now());
      awaited.add(making);
      void making.finally(() => awaited.delete(making));
      let timer: NodeJS.Timeout | undefined;
      const timeUp = new Promise<undefined>((resolve) => {
        timer = setTimeout(resolve, deps.timeoutMs, undefined);
      });
      const done = await Promise.race([making, timeUp]);
      clearTimeout(timer);
      return done;
    },
    async drain() {
      isDraining = true;
      await Promise.all([lanes.idle(), ...awaited]);
    },
  };
}
