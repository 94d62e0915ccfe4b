import { MessageRefusedError, type Broker, type Publisher } from './broker/broker.ts';
import { errorMessage } from '../process/errors.ts';
import { dueMessages, markPublished, markRefused, type OutgoingMessage } from './outgoing-messages.ts';
import { backOffMs } from '../hosted-services/back-off.ts';
import { untilNext, type HostedService, type ServiceScope } from '../hosted-services/hosted-service.ts';

/** Maximum number of messages that are being sent to the broker. */
const BATCH = 100;
/** The longest interval between two looks if there is nothing to do; a notification ends it. */
const POLL_MS = 30_000;
/** The longest wait for a message that the broker refuses, for example because its queue is full. */
const LONGEST_REFUSAL_WAIT_MS = 300_000;

/** Dependencies of the publisher. */
export interface PublisherDeps {
  broker: Broker;
  /** Each queue backs off separately: a queue that the broker does not have does not delay the others. */
  queues: readonly string[];
}

/**
 * Publishes committed messages, those of each queue in order of commit, and marks each when the broker has stored it. A message whose
 * response was lost is published again with the same message id, and consumers handle it once. While the broker is unavailable, the
 * publisher backs off up to half a minute, and no message is charged for it.
 */
export function createMessagePublisher({ broker, queues }: PublisherDeps): HostedService {
  return {
    async run(scope) {
      const publishers = queues.map((queue) => new QueuePublisher(broker, queue));
      try {
        while (!scope.signal.aborted) {
          let waitMs = POLL_MS;
          for (const publisher of publishers) waitMs = Math.min(waitMs, await publisher.round(scope));
          if (waitMs === 0) continue;
          scope.report({ busy: false });
          await scope.wait(waitMs);
        }
      } finally {
        await Promise.all(publishers.map((publisher) => publisher.close()));
      }
    },
  };
}

/** Publishes the messages of one queue. */
class QueuePublisher {
  readonly #queue: string;
  readonly #connection: Reopened;
  #failures = 0;
  /** After a failure, nothing is sent until this time, even if messages arrive meanwhile. */
  #notBefore = 0;

  constructor(broker: Broker, queue: string) {
    this.#queue = queue;
    this.#connection = new Reopened(broker, queue);
  }

  /** Publishes a batch of due messages, and returns the milliseconds until the next look. Never rejects. */
  async round(scope: ServiceScope): Promise<number> {
    const leftMs = this.#notBefore - Date.now();
    if (leftMs > 0) return leftMs;
    try {
      const { messages, nextAt } = await dueMessages(scope.db, this.#queue, BATCH);
      if (messages.length === 0) return untilNext(nextAt, POLL_MS);
      scope.report({ busy: true });
      await publishBatch(scope, await this.#connection.get(), messages);
      this.#failures = 0;
      return 0;
    } catch (error) {
      const waitMs = backOffMs(++this.#failures);
      this.#notBefore = Date.now() + waitMs;
      const note = { err: error, queue: this.#queue, waitMs };
      scope.logger.warn(note, 'messages could not be published; retrying later');
      scope.report({ error, busy: false });
      await this.close();
      return waitMs;
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

/**
 * Publishes concurrently, in order.
 * @throws if the broker became unavailable. Messages that it accepted before are marked.
 */
async function publishBatch(
  scope: ServiceScope,
  publisher: Publisher,
  messages: readonly OutgoingMessage[],
): Promise<void> {
  const results = await Promise.allSettled(messages.map(({ message }) => publisher.publish(message)));
  const published: number[] = [];
  const refused: { outgoing: OutgoingMessage; error: string }[] = [];
  let lost: unknown;
  for (const [index, outgoing] of messages.entries()) {
    const result = results[index];
    if (result?.status === 'fulfilled') published.push(outgoing.rowId);
    else if (result?.reason instanceof MessageRefusedError) {
      refused.push({ outgoing, error: result.reason.message });
    } else lost ??= result?.reason ?? new Error('a message has no result');
  }
  await markPublished(scope.db, published);
  scope.report({ processed: published.length });
  for (const { outgoing, error } of refused) {
    // It concerns this message only, and must not delay those behind it.
    const afterMs = backOffMs(outgoing.refusals + 1, LONGEST_REFUSAL_WAIT_MS);
    await markRefused(scope.db, outgoing.rowId, { error, afterMs });
    scope.logger.warn({ messageId: outgoing.message.id, error, afterMs }, 'the broker refused a message');
    scope.report({ failed: 1, error: new Error(error) });
  }
  if (lost !== undefined) throw lost instanceof Error ? lost : new Error(errorMessage(lost));
}

/** A publisher that is opened at its first use, and reopened after it was lost. */
class Reopened {
  readonly #broker: Broker;
  readonly #queue: string;
  #publisher: Publisher | undefined;

  constructor(broker: Broker, queue: string) {
    this.#broker = broker;
    this.#queue = queue;
  }

  async get(): Promise<Publisher> {
    if (this.#publisher?.isOpen()) return this.#publisher;
    await this.close();
    this.#publisher = await this.#broker.openPublisher(this.#queue);
    return this.#publisher;
  }

  async close(): Promise<void> {
    const publisher = this.#publisher;
    this.#publisher = undefined;
    await publisher?.close();
  }
}
