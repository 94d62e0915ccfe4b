import { queues } from '../../contracts/names.ts';
import type { Message, Outcome } from '../../packages/durable-jobs/src/messages/broker/broker.ts';
import { isDatabaseUnavailable } from '../../packages/durable-jobs/src/database/unavailable.ts';
import { errorMessage } from '../../packages/durable-jobs/src/process/errors.ts';
import { countFailure, recordDeadLetter } from '../../packages/durable-jobs/src/messages/dead-letters.ts';
import { backOffMs } from '../../packages/durable-jobs/src/hosted-services/back-off.ts';
import type { ServiceDeps } from '../../packages/durable-jobs/src/hosted-services/deps.ts';
import type {
  HostedService,
  ServiceScope,
} from '../../packages/durable-jobs/src/hosted-services/hosted-service.ts';
import { InvalidMessageError } from './order-consumer/order-message.ts';
import { receiveOrder } from './order-consumer/receive-order.ts';

/** What the consumer of orders works with. */
export type OrderConsumerDeps = Pick<ServiceDeps, 'broker' | 'dispatcher'> & {
  settings: Pick<ServiceDeps['settings'], 'ORDER_CONSUMER_CREDIT' | 'MESSAGE_MAX_FAILURES'>;
};

/**
 * Starts a job for each order that arrives in the queue. A message is accepted once the order and the start of its job are
 * committed; one that can never be handled is kept as a dead letter and rejected; one that fails goes back to the queue and
 * comes again after a back-off, until it has failed too often. An outage of the database is no message's fault, and counts
 * for none.
 */
export function createOrderConsumer(deps: OrderConsumerDeps): HostedService {
  return {
    async run(scope) {
      const consumer = new OrderConsumer(deps, scope);
      await consumer.run();
    },
  };
}

class OrderConsumer {
  readonly #deps: OrderConsumerDeps;
  readonly #scope: ServiceScope;
  #underWay = 0;
  /** Failures in a row for which no message is to blame. */
  #outages = 0;

  constructor(deps: OrderConsumerDeps, scope: ServiceScope) {
    this.#deps = deps;
    this.#scope = scope;
  }

  /** Consumes until the scope's signal aborts, over as many connections as it takes. */
  async run(): Promise<void> {
    const { broker, settings } = this.#deps;
    const { signal, logger, report } = this.#scope;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await broker.consume(queues.orders, {
          credit: settings.ORDER_CONSUMER_CREDIT,
          signal,
          wait: this.#scope.wait,
          handle: (message) => this.#handle(message),
          onAttached: () => {
            failures = 0;
            logger.info({ queue: queues.orders, broker: broker.description }, 'the queue is attached');
            report({ busy: false });
          },
        });
      } catch (error) {
        failures++;
        const waitMs = backOffMs(failures);
        logger.warn({ err: error, waitMs }, 'the message queue is away; it will be attached again');
        report({ error, busy: false });
        await this.#scope.pause(waitMs);
      }
    }
  }

  async #handle(message: Message): Promise<Outcome> {
    const { unit, report } = this.#scope;
    if (++this.#underWay === 1) report({ busy: true });
    let failure: unknown;
    const outcome = await unit(idsOf(message), async ({ db, logger }): Promise<Outcome> => {
      try {
        const entry = await receiveOrder(db, queues.orders, message);
        // Not waited for: the start is committed, and the message need not wait for the engine.
        if (entry) void this.#deps.dispatcher.dispatch(entry);
        logger.info({ jobId: entry?.jobId, repeated: entry === undefined }, 'an order arrived');
        return { kind: 'accept' };
      } catch (error) {
        failure = error;
        if (!(error instanceof InvalidMessageError)) throw error;
        return await this.#deadLetter(message, { code: error.code, reason: error.message });
      }
    });
    const settled = outcome ?? (await this.#afterFailure(message, failure));
    if (--this.#underWay === 0) report({ busy: false });
    return settled;
  }

  /** Keeps a message that is rejected, before it is. */
  async #deadLetter(message: Message, why: { code: string; reason: string }): Promise<Outcome> {
    await recordDeadLetter(this.#scope.db, queues.orders, message, why);
    this.#scope.logger.warn({ ...idsOf(message), code: why.code }, 'a message is a dead letter');
    return { kind: 'reject', ...why };
  }

  /** What becomes of a message whose handling failed. Never rejects. */
  async #afterFailure(message: Message, error: unknown): Promise<Outcome> {
    try {
      if (isDatabaseUnavailable(error)) return this.#afterOutage();
      const failures = await countFailure(this.#scope.db, queues.orders, message);
      this.#outages = 0;
      if (failures < this.#deps.settings.MESSAGE_MAX_FAILURES)
        return { kind: 'release', afterMs: backOffMs(failures) };
      const reason = `It failed ${failures} times, the last time with: ${errorMessage(error)}`;
      return await this.#deadLetter(message, { code: 'delivery_limit', reason });
    } catch (counting) {
      this.#scope.logger.warn({ err: counting, ...idsOf(message) }, 'a failure could not be counted');
      return this.#afterOutage();
    }
  }

  #afterOutage(): Outcome {
    return { kind: 'release', afterMs: backOffMs(++this.#outages) };
  }
}

/** What names a message in logs: never its body. */
function idsOf(message: Message): Record<string, unknown> {
  const traceId = String(message.properties.traceparent ?? '').split('-')[1];
  return {
    messageId: message.id,
    ...(message.correlationId !== null && { correlationId: message.correlationId }),
    ...(traceId !== undefined && { traceId }),
  };
}
