import type { Client } from '@temporalio/client';
import { readPollers } from '../../engine/task-queues.ts';
import { withinTime } from '../../process/within-time.ts';

/** Something about an accepted request that whoever sent it may want to know. */
export interface Warning {
  code: 'queue_not_polled';
  message: string;
}

/** An answer of the engine is used for so long. */
const KEPT_MS = 5_000;
/** An accepted request waits for the check no longer than this; what is not known by then is not said. */
const LONGEST_WAIT_MS = 250;

/** Tells those who start jobs that nobody polls their queue. It never fails, and hardly ever waits. */
export class QueueWarnings {
  readonly #client: Client;
  readonly #checks = new Map<string, { until: number; isPolled: Promise<boolean> }>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** What there is to say about starts on a queue: nothing if it is polled, or where the engine does not say so soon. */
  async of(queue: string): Promise<Warning[]> {
    const isPolled = await withinTime(
      LONGEST_WAIT_MS,
      () => this.#check(queue),
      () => new Error('the engine did not say soon enough who polls'),
    ).catch(() => true);
    if (isPolled) return [];
    const message = `No worker currently polls the queue ${queue}. The job is stored and starts as soon as a worker does.`;
    return [{ code: 'queue_not_polled', message }];
  }

  /** One question to the engine for all who ask at about the same time. */
  #check(queue: string): Promise<boolean> {
    const known = this.#checks.get(queue);
    if (known && Date.now() < known.until) return known.isPolled;
    const isPolled = this.#client
      .withDeadline(Date.now() + KEPT_MS, () => readPollers(this.#client, queue, 'workflow'))
      .then((pollers) => pollers.isPolled);
    // Those who wait for it no longer are not there to see it fail.
    isPolled.catch(() => undefined);
    this.#checks.set(queue, { until: Date.now() + KEPT_MS, isPolled });
    return isPolled;
  }
}
