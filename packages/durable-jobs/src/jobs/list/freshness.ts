import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client } from '@temporalio/client';
import type { Db } from '../../database/connect.ts';
import { whileDatabaseAnswers } from '../../database/unavailable.ts';
import { callTimeoutMs } from '../../http/timeouts.ts';
import { newestMadeStarts } from '../outbox/find.ts';
import { begunSince } from './begun-since.ts';

/** Number of the newest starts that are looked for. */
const SAMPLE = 20;
/** An older start that is not in the list changed nothing: the engine's index lags by seconds at most. */
const LONGEST_LAG_MS = 60_000;
/** Time for which all requests share a result, since the engine permits few queries of its index. */
const SHARED_MS = 1_000;

/**
 * Knows up to when lists from the engine's index of runs are complete. The index is written a moment after the runs, so the newest starts that
 * we made are looked for.
 */
export class ListFreshness {
  readonly #deps: { db: Db; client: Client };
  /** A result is not only for the request that looks first. */
  readonly #outsideOfRequests = AsyncLocalStorage.snapshot();
  #shared: { until: number; upTo: Promise<Date> } | undefined;
  /** The newest starts that were found: they stay in the index. */
  #found: ReadonlySet<string> = new Set();

  constructor(deps: { db: Db; client: Client }) {
    this.#deps = deps;
  }

  /**
   * Returns up to when a list is complete that is read after this. If the index has all starts, this is a second ago at most, or when the look
   * began that the caller waited for.
   */
  read(): Promise<Date> {
    if (!this.#shared || performance.now() >= this.#shared.until) {
      const begin = performance.now();
      // Until it ends, nothing else looks: a table that does not respond would take a connection for each look.
      const shared = { until: Infinity, upTo: this.#outsideOfRequests(() => this.#look()) };
      this.#shared = shared;
      shared.upTo.then(
        () => (shared.until = begin + SHARED_MS),
        () => (this.#shared = undefined),
      );
    }
    return this.#shared.upTo;
  }

  async #look(): Promise<Date> {
    const now = new Date();
    const newest = await whileDatabaseAnswers(() => newestMadeStarts(this.#deps.db, SAMPLE));
    const made = newest.filter(({ madeAt }) => now.getTime() - madeAt.getTime() < LONGEST_LAG_MS);
    const { client } = this.#deps;
    const unknown = made.filter((start) => !this.#found.has(keyOf(start)));
    const begun = await client.withDeadline(Date.now() + callTimeoutMs, () => begunSince(client, unknown));
    const isFound = (start: (typeof made)[number]): boolean =>
      begun.has(start.jobId) || this.#found.has(keyOf(start));
    const missing = made.filter((start) => !isFound(start)).map(({ madeAt }) => madeAt.getTime());
    this.#found = new Set(made.filter(isFound).map(keyOf));
    return new Date(Math.min(now.getTime(), ...missing));
  }
}

function keyOf({ jobId, createdAt }: { jobId: string; createdAt: Date }): string {
  return `${createdAt.toISOString()} ${jobId}`;
}
