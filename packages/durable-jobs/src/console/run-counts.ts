import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { endedStatusOfIndexed, INDEXED_OPEN } from '../engine/run-status.ts';
import { jobQuery } from '../engine/visibility-query.ts';
import { inParallel } from '../process/in-parallel.ts';
import { createPace } from '../process/pace.ts';

/** The counted statuses, in the order in which they are shown. */
export const countedStatuses = ['running', 'completed', 'failed', 'cancelled', 'terminated'] as const;

/** See {@link countedStatuses}. */
export type CountedStatus = (typeof countedStatuses)[number];

/** Numbers of runs by status. */
export type Counts = Record<CountedStatus, number>;

/**
 * Counts per second, and the number of those that are made at once after a pause. The engine permits a namespace ten queries of its index per
 * second by default, and twice as many for a moment (`frontend.namespaceRPS.visibility`).
 */
const PER_SECOND = 5;
const BURST = 10;

/** Age after which counts are read again. With millions of runs, a read takes seconds: at most a tenth of the time is spent reading, unless they would become stale meanwhile. */
const FRESH_MS = 5_000;
const FRESH_PER_READ = 10;

/** Age after which counts are no longer shown while they are read again, and if they could not be read the last time. */
const STALE_MS = 600_000;
const STALE_AFTER_FAILURE_MS = 30_000;

/** Longest time that a caller waits for counts if there are none; less than the time limit of a section. */
const WAIT_MS = 1_000;

/** Time limit of one count. */
const CALL_MS = 10_000;

/** Numbers of runs by job type and status, and when the oldest of them were counted. */
export interface CountedRuns {
  counts: ReadonlyMap<string, Counts>;
  countedAt: Date | undefined;
}

/** Reads how many runs of each job type there are, by status, at a pace that leaves the engine's index to others too. */
export class RunCounts {
  readonly #client: Client;
  readonly #types: readonly string[];
  readonly #known = new Map<string, { counts: Counts; at: number; countedAt: Date }>();
  readonly #pace = createPace(PER_SECOND, BURST);
  /** A read may last longer than the request that begins it. */
  readonly #outsideOfRequests = AsyncLocalStorage.snapshot();
  #reading: Promise<void> | undefined;
  #hasFailed = false;
  #freshUntil = -Infinity;
  #lastCountAt = -Infinity;

  constructor(client: Client, types: readonly string[]) {
    this.#client = client;
    this.#types = types;
  }

  /**
   * Returns the newest counts of each type, which may be old: they are read again in the background. With many types, those that are not
   * counted yet are missing.
   * @throws the client's error, or one that says so, if the engine does not respond.
   */
  async read(): Promise<CountedRuns> {
    if (performance.now() > this.#freshUntil) this.#reading ??= this.#begin();
    const known = this.#shown();
    if (!this.#reading || known.counts.size === this.#types.length) return known;
    const waited = new AbortController();
    const isDone = await Promise.race([
      this.#reading.then(() => true),
      delay(WAIT_MS, false, { signal: waited.signal }).catch(() => false),
    ]);
    waited.abort();
    if (!isDone && performance.now() - this.#lastCountAt > WAIT_MS) throw new Error('no response in time');
    return this.#shown();
  }

  /** The counts that are not stale. */
  #shown(): CountedRuns {
    const oldestAt = performance.now() - (this.#hasFailed ? STALE_AFTER_FAILURE_MS : STALE_MS);
    const shown = [...this.#known].filter(([, { at }]) => at >= oldestAt);
    return {
      counts: new Map(shown.map(([type, { counts }]) => [type, counts])),
      countedAt: shown.map(([, { countedAt }]) => countedAt).toSorted((a, b) => a.getTime() - b.getTime())[0],
    };
  }

  #begin(): Promise<void> {
    const reading = this.#outsideOfRequests(() => this.#readAll()).finally(() => (this.#reading = undefined));
    // A caller that no longer waits does not see it.
    reading.catch(() => undefined);
    return reading;
  }

  async #readAll(): Promise<void> {
    const over = new AbortController();
    const begin = performance.now();
    try {
      await inParallel(this.#types, BURST, async (type) => {
        await this.#pace(over.signal);
        const deadline = Date.now() + CALL_MS;
        const counts = await this.#client.withDeadline(deadline, () => this.#count(type));
        this.#lastCountAt = performance.now();
        this.#known.set(type, { counts, at: this.#lastCountAt, countedAt: new Date() });
      });
      const end = performance.now();
      this.#freshUntil = end + Math.min(Math.max(FRESH_MS, FRESH_PER_READ * (end - begin)), STALE_MS / 2);
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    } finally {
      over.abort();
    }
  }

  async #count(type: string): Promise<Counts> {
    const query = `${jobQuery({ types: [type] })} GROUP BY ExecutionStatus`;
    const { groups } = await this.#client.workflow.count(query);
    const counts: Counts = { running: 0, completed: 0, failed: 0, cancelled: 0, terminated: 0 };
    for (const group of groups) {
      const indexed = String(group.groupValues[0]);
      // A run that continued as new is not counted; the run that continues it is.
      const status = indexed === INDEXED_OPEN ? 'running' : endedStatusOfIndexed(indexed);
      if (status) counts[status] += group.count;
    }
    return counts;
  }
}
