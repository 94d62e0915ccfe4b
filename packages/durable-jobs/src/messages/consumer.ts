import { checkDatabase } from '../database/check-database.ts';
import { failedByDatabase } from '../database/unavailable.ts';
import { backOffMs } from '../hosted-services/back-off.ts';
import type { RunnableService } from '../hosted-services/define-service.ts';
import type { ServiceScope } from '../hosted-services/hosted-service.ts';
import type { Dispatcher } from '../jobs/outbox/dispatcher.ts';
import type { OutboxEntry } from '../jobs/outbox/enqueue.ts';
import { errorMessage } from '../process/errors.ts';
import type { Broker, Message, Outcome } from './broker/broker.ts';
import { countFailure, forgetFailures, recordDeadLetter } from './dead-letters.ts';
import { serviceOf, type MessageConsumerDefinition } from './define-consumer.ts';
import { InvalidMessageError, readMessage } from './read-message.ts';

/** Default number of messages that one consumer handles at the same time. */
const CREDIT = 10;

/** Dependencies of consumers. */
export interface ConsumerDeps {
  broker: Broker;
  /** Makes the starts that a message committed immediately. */
  dispatcher: Dispatcher;
  /** How often a message may fail before it becomes a dead letter. */
  maxFailures: number;
}

/**
 * Returns the hosted service of a consumer. A message is accepted when the effects of its handler are committed. A message that can never
 * be handled is recorded as a dead letter and rejected. A message whose handling fails returns to the queue and is redelivered after a
 * back-off, until it has failed too often. An outage of the database does not count as a failure of the message.
 */
export function createMessageConsumer(
  definition: MessageConsumerDefinition,
  deps: ConsumerDeps,
): RunnableService {
  return {
    ...serviceOf(definition),
    run: (scope) => new MessageConsumer(definition, deps, scope).run(),
  };
}

/** One run of a consumer. */
class MessageConsumer {
  readonly #definition: MessageConsumerDefinition;
  readonly #deps: ConsumerDeps;
  readonly #scope: ServiceScope;
  #underWay = 0;
  /** Consecutive failures that are not the fault of a message. */
  #outages = 0;

  constructor(definition: MessageConsumerDefinition, deps: ConsumerDeps, scope: ServiceScope) {
    this.#definition = definition;
    this.#deps = deps;
    this.#scope = scope;
  }

  /** Consumes until the scope's signal aborts, reconnecting as often as necessary. */
  async run(): Promise<void> {
    const { broker } = this.#deps;
    const { queue, credit = CREDIT } = this.#definition;
    const { signal, logger, report } = this.#scope;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await broker.consume(queue, {
          credit,
          signal,
          wait: this.#scope.wait,
          handle: (message) => this.#handle(message),
          onAttached: () => {
            failures = 0;
            logger.info({ queue, broker: broker.description }, 'the consumer attached to the queue');
            report({ busy: false });
          },
        });
      } catch (error) {
        failures++;
        const waitMs = backOffMs(failures);
        logger.warn({ err: error, waitMs }, 'the message queue is unavailable; attaching again later');
        report({ error, busy: false });
        await this.#scope.pause(waitMs);
      }
    }
  }

  async #handle(message: Message): Promise<Outcome> {
    const { unit, report } = this.#scope;
    if (++this.#underWay === 1) report({ busy: true });
    let failure: unknown;
    const outcome = await unit(idsOf(message), async ({ logger }): Promise<Outcome> => {
      try {
        const starts = await this.#handleInTransaction(message);
        this.#deps.dispatcher.start(starts);
        logger.info({ jobIds: starts.map(({ jobId }) => jobId) }, 'a message was handled');
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

  async #handleInTransaction(message: Message): Promise<readonly OutboxEntry[]> {
    const { queue, body } = this.#definition;
    const received = readMessage(message, body);
    return this.#scope.db.transaction().execute(async (trx) => {
      const starts = await this.#definition.handle(trx, received);
      await forgetFailures(trx, queue, message);
      return starts;
    });
  }

  /** Records a message before it is rejected. */
  async #deadLetter(message: Message, why: { code: string; reason: string }): Promise<Outcome> {
    await recordDeadLetter(this.#scope.db, this.#definition.queue, message, why);
    this.#scope.logger.warn({ ...idsOf(message), code: why.code }, 'a message was dead-lettered');
    return { kind: 'reject', ...why };
  }

  /** Returns the outcome of a message whose handling failed. Never rejects. */
  async #afterFailure(message: Message, error: unknown): Promise<Outcome> {
    try {
      if (await failedByDatabase(error, () => checkDatabase(this.#scope.db))) return this.#afterOutage();
      const failures = await countFailure(this.#scope.db, this.#definition.queue, message);
      this.#outages = 0;
      if (failures < this.#deps.maxFailures) return { kind: 'release', afterMs: backOffMs(failures) };
      const reason = `It failed ${failures} times, the last time with: ${errorMessage(error)}`;
      return await this.#deadLetter(message, { code: 'delivery_limit', reason });
    } catch (counting) {
      this.#scope.logger.warn(
        { err: counting, ...idsOf(message) },
        'the failure of a message could not be counted',
      );
      return this.#afterOutage();
    }
  }

  #afterOutage(): Outcome {
    return { kind: 'release', afterMs: backOffMs(++this.#outages) };
  }
}

/** Returns the log fields that identify a message, without its body. */
function idsOf(message: Message): Record<string, unknown> {
  const traceId = String(message.properties.traceparent ?? '').split('-')[1];
  return {
    messageId: message.id,
    ...(message.correlationId !== null && { correlationId: message.correlationId }),
    ...(traceId !== undefined && { traceId }),
  };
}
