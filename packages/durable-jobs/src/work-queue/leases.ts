import type { Logger } from '../telemetry/logger.ts';
import { LeaseLostError } from './errors.ts';
import type { ClaimedWork, Lease, WorkQueue } from './work-queue.ts';

/** An item that this process has claimed. */
export interface HeldWork {
  item: ClaimedWork;
  /** Aborts with the reason for which the attempt is abandoned. */
  signal: AbortSignal;
  abort: (reason: Error) => void;
}

/**
 * The leases of the items that this process has claimed. They are renewed at a third of their length, with one statement for all. An attempt
 * whose lease was lost, or could not be renewed in time, is aborted.
 */
export class Leases {
  readonly #queue: WorkQueue;
  readonly #leaseMs: number;
  readonly #logger: Logger;
  readonly #emptied: () => void;
  readonly #held = new Map<string, HeldWork & { renewedAt: number }>();
  #renewing = false;

  /** `emptied` is called when the last item has been removed. */
  constructor(options: { queue: WorkQueue; leaseMs: number; logger: Logger; emptied: () => void }) {
    this.#queue = options.queue;
    this.#leaseMs = options.leaseMs;
    this.#logger = options.logger;
    this.#emptied = options.emptied;
  }

  all(): Lease[] {
    return [...this.#held.values()].map(({ item }) => item.lease);
  }

  /** Adds an item whose claim was requested at `claimedAt`, by this process's monotonic clock. */
  take(item: ClaimedWork, claimedAt: number): HeldWork {
    const controller = new AbortController();
    const held = {
      item,
      signal: controller.signal,
      abort: (reason: Error) => controller.abort(reason),
      renewedAt: claimedAt,
    };
    this.#held.set(item.lease.token, held);
    return held;
  }

  /** Removes an item. */
  drop({ item }: HeldWork): void {
    if (this.#held.delete(item.lease.token) && this.#held.size === 0) this.#emptied();
  }

  /** Returns all items without using up an attempt, and aborts their attempts, which return their items if this fails. */
  async releaseAll(reason: Error): Promise<void> {
    const held = [...this.#held.values()];
    for (const { abort } of held) abort(reason);
    if (held.length === 0) return;
    try {
      await this.#queue.release(held.map(({ item }) => item.lease));
    } catch (error) {
      this.#logger.warn({ err: error }, 'work items could not be returned to the queue immediately');
    }
  }

  /** Renews the leases until the returned function is called. */
  keep(): () => void {
    const timer = setInterval(() => void this.#renew(), this.#leaseMs / 3);
    return () => clearInterval(timer);
  }

  async #renew(): Promise<void> {
    const now = performance.now();
    for (const held of this.#held.values()) {
      // By the clock only: a database that does not respond must not prevent the attempt from being aborted.
      if (now - held.renewedAt >= this.#leaseMs) held.abort(new LeaseLostError(held.item.lease.id));
    }
    const held = [...this.#held.values()].filter(({ signal }) => !signal.aborted);
    if (held.length === 0 || this.#renewing) return;
    this.#renewing = true;
    try {
      const { renewed, lost } = await this.#queue.renew(held.map(({ item }) => item.lease));
      for (const one of held) {
        const { id } = one.item.lease;
        if (renewed.has(id)) one.renewedAt = now;
        // An item that has ended meanwhile is no longer held, and its signal has no listener.
        else if (lost.has(id)) one.abort(new LeaseLostError(id));
      }
    } catch (error) {
      this.#logger.warn({ err: error }, 'the leases of work items could not be renewed; retrying');
    } finally {
      this.#renewing = false;
    }
  }
}
