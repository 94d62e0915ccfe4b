import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { withoutBounds } from '../../database/bounds.ts';
import { readPollers } from '../../engine/task-queues.ts';

/** A warning about an accepted request. */
export interface Warning {
  code: 'queue_not_polled';
  message: string;
}

/** Interval of the checks. */
const REFRESH_MS = 10_000;

/** Age after which a result is no longer used. */
const KEPT_MS = 30_000;

/** Warns callers who start jobs if no worker polls their queue, from results of checks in the background. It never waits. */
export class QueueWarnings {
  readonly #client: Client;
  readonly #seen = new Map<string, { at: number; isPolled: boolean }>();
  readonly #refreshing = new Set<string>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Returns the warnings about starts on a queue: none if it is polled, or if the engine has not responded lately. */
  of(queue: string): Warning[] {
    const seen = this.#seen.get(queue);
    const age = seen ? performance.now() - seen.at : Infinity;
    if (age > REFRESH_MS) void withoutBounds(() => this.#refresh(queue));
    if (!seen || seen.isPolled || age > KEPT_MS) return [];
    const message = `No worker currently polls the queue ${queue}. The job is stored and starts as soon as a worker does.`;
    return [{ code: 'queue_not_polled', message }];
  }

  /** Checks these queues periodically until `signal` aborts. Never rejects. */
  async watch(queues: readonly string[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const queue of queues) await this.#refresh(queue);
      await delay(REFRESH_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #refresh(queue: string): Promise<void> {
    if (this.#refreshing.has(queue)) return;
    this.#refreshing.add(queue);
    try {
      const { isPolled } = await readPollers(this.#client, queue, 'workflow');
      this.#seen.set(queue, { at: performance.now(), isPolled });
    } catch {
      // While the engine is unavailable, the last result expires.
    } finally {
      this.#refreshing.delete(queue);
    }
  }
}
