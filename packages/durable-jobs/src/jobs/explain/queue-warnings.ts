import type { Client } from '@temporalio/client';
import { readPollers } from '../../engine/task-queues.ts';
import { withinTime } from '../../process/within-time.ts';

/** A warning about an accepted request. */
export interface Warning {
  code: 'queue_not_polled';
  message: string;
}

/** Time for which an engine's response is cached. */
const KEPT_MS = 5_000;
/** Time that an accepted request waits for the check; without a result by then, there is no warning. */
const LONGEST_WAIT_MS = 250;

/** Warns callers who start jobs if no worker polls their queue. It never fails, and rarely waits. */
export class QueueWarnings {
  readonly #client: Client;
  readonly #checks = new Map<string, { until: number; isPolled: Promise<boolean> }>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Returns the warnings about starts on a queue: none if it is polled, or if the engine does not respond soon. */
  async of(queue: string): Promise<Warning[]> {
    const isPolled = await withinTime(
      LONGEST_WAIT_MS,
      () => this.#check(queue),
      () => new Error('the engine did not return the pollers of a queue in time'),
    ).catch(() => true);
    if (isPolled) return [];
    const message = `No worker currently polls the queue ${queue}. The job is stored and starts as soon as a worker does.`;
    return [{ code: 'queue_not_polled', message }];
  }

  /** One request to the engine for all concurrent callers. */
  #check(queue: string): Promise<boolean> {
    const known = this.#checks.get(queue);
    if (known && Date.now() < known.until) return known.isPolled;
    const isPolled = this.#client
      .withDeadline(Date.now() + KEPT_MS, () => readPollers(this.#client, queue, 'workflow'))
      .then((pollers) => pollers.isPolled);
    // Callers that no longer wait do not see its failure.
    isPolled.catch(() => undefined);
    this.#checks.set(queue, { until: Date.now() + KEPT_MS, isPolled });
    return isPolled;
  }
}
