import type { Logger } from '../telemetry/logger.ts';
import { LeaseLostError } from './errors.ts';
import type { ClaimedWork, Lease, WorkQueue } from './work-queue.ts';

/** An item that this process works on. */
export interface HeldWork {
  item: ClaimedWork;
  /** Aborts with the reason for which the attempt is abandoned. */
  signal: AbortSignal;
  abort: (reason: Error) => void;
}

/**
 * The leases of the items that are being worked on. They are renewed three times in their length, all in one statement; an
 * attempt whose lease another worker holds, or could not be renewed in time, is aborted.
 */
export class Leases {
  readonly #queue: WorkQueue;
  readonly #leaseMs: number;
  readonly #logger: Logger;
  readonly #held = new Map<string, HeldWork & { renewedAt: number }>();
  #renewing = false;

  constructor(options: { queue: WorkQueue; leaseMs: number; logger: Logger }) {
    this.#queue = options.queue;
    this.#leaseMs = options.leaseMs;
    this.#logger = options.logger;
  }

  get size(): number {
    return this.#held.size;
  }

  all(): Lease[] {
    return [...this.#held.values()].map(({ item }) => item.lease);
  }

  /** Begins to look after an item that was asked for at `claimedAt`, by this process's monotonic clock. */
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

  /** Stops looking after an item. */
  drop({ item }: HeldWork): void {
    this.#held.delete(item.lease.token);
  }

  /** Gives back all items with no attempt used up, and aborts their attempts, which give them back if this fails. */
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

  /** Renews until the returned function is called. */
  keep(): () => void {
    const timer = setInterval(() => void this.#renew(), this.#leaseMs / 3);
    return () => clearInterval(timer);
  }

  async #renew(): Promise<void> {
    const now = performance.now();
    for (const held of this.#held.values()) {
      // By the clock alone: a database that does not respond must not keep the attempt from hearing of it.
      if (now - held.renewedAt >= this.#leaseMs) held.abort(new LeaseLostError(held.item.lease.id));
    }
    const held = [...this.#held.values()].filter(({ signal }) => !signal.aborted);
    if (held.length === 0 || this.#renewing) return;
    this.#renewing = true;
    try {
      const kept = await this.#queue.renew(held.map(({ item }) => item.lease));
      for (const one of held) {
        if (kept.has(one.item.lease.id)) one.renewedAt = now;
        // One that has ended meanwhile is not held any more, and its signal is nobody's.
        else one.abort(new LeaseLostError(one.item.lease.id));
      }
    } catch (error) {
      this.#logger.warn({ err: error }, 'the leases of work items could not be renewed; retrying');
    } finally {
      this.#renewing = false;
    }
  }
}
