import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ReceiverEvents,
  SendOperationFailedError,
  SenderEvents,
  type AwaitableSender,
  type EventContext,
} from 'rhea-promise';
import { AmqpConnection, parseAmqpUrl, type AmqpSettings } from './amqp-connection.ts';
import { describeAmqpError } from './amqp-error.ts';
import { countFromRemote } from './delivery-count.ts';
import { fromAmqp, toAmqp } from './amqp-message.ts';
import {
  MessageRefusedError,
  type Broker,
  type ConsumeOptions,
  type Outcome,
  type Publisher,
} from './broker.ts';

/** Time limit for the broker to accept or refuse a message. */
const SETTLE_SECONDS = 20;

/** Events of a sender by which the broker refuses the message itself. */
const refusals = new Set<string>([SenderEvents.rejected, SenderEvents.released, SenderEvents.modified]);

/**
 * Creates a broker over AMQP 1.0: RabbitMQ, Azure Service Bus, Artemis. `addressOf` returns the broker's address of a queue. Each publisher
 * and each consumer has its own connection, under a container id that begins with `name`.
 */
export function createAmqpBroker(
  settings: AmqpSettings & { name: string; addressOf: (queue: string) => string },
): Broker {
  const { host, port, tls } = parseAmqpUrl(settings.url);
  const containerId = (role: string): string => `${settings.name}:${role}:${randomUUID()}`;

  return {
    description: `AMQP 1.0 at ${host}:${port}${tls ? ' (TLS)' : ''}`,

    async openPublisher(queue) {
      const address = settings.addressOf(queue);
      const connection = await AmqpConnection.open(settings, containerId('publisher'));
      try {
        // RabbitMQ 3 accepts messages for a queue that does not exist, and drops them. It refuses to read from such a
        // queue.
        const probe = await connection.whileOpen(
          connection.session.createReceiver({ source: { address }, credit_window: 0, autoaccept: false }),
        );
        await connection.whileOpen(probe.close({ closeSession: false }));
        const sender = await connection.whileOpen(
          connection.session.createAwaitableSender({ target: { address } }),
        );
        for (const event of [SenderEvents.senderError, SenderEvents.senderClose]) {
          sender.on(event, (context) => connection.lose(context.sender?.error));
        }
        return publisherOf(connection, sender);
      } catch (error) {
        await connection.close();
        throw error;
      }
    },

    async consume(queue, options) {
      const connection = await AmqpConnection.open(settings, containerId('consumer'));
      try {
        await consumeWith(connection, settings.addressOf(queue), options);
      } finally {
        await connection.close();
      }
    },
  };
}

function publisherOf(connection: AmqpConnection, sender: AwaitableSender): Publisher {
  let last: Promise<unknown> = Promise.resolve();
  return {
    isOpen: () => connection.isOpen,
    async publish(message) {
      const sending = last.then(async () => {
        await connection.whileOpen(whenSendable(sender));
        const sent = sender.send(toAmqp(message), { timeoutInSeconds: SETTLE_SECONDS });
        return { settled: connection.whileOpen(sent) };
      });
      // The next message is sent after this one, and does not wait for its settlement: a broker writes many to its disk
      // as fast as one.
      last = sending.catch(() => undefined);
      const { settled } = await sending;
      try {
        await settled;
      } catch (error) {
        throw refusalOf(error);
      }
    },
    close: () => connection.close(),
  };
}

async function consumeWith(
  connection: AmqpConnection,
  address: string,
  { credit, handle, onAttached, signal }: ConsumeOptions,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const isStopping = (): boolean => signal.aborted;

  const settle = ({ delivery }: EventContext, outcome: Outcome): void => {
    // If the connection is lost, the broker delivers the message again.
    if (!delivery || !connection.isOpen) return;
    if (outcome.kind === 'accept') delivery.accept();
    else if (outcome.kind === 'release') delivery.release();
    else delivery.reject({ condition: `durable-jobs:${outcome.code}`, description: outcome.reason });
  };

  const work = async (context: EventContext): Promise<void> => {
    if (!context.message || isStopping()) {
      settle(context, { kind: 'release', afterMs: 0 });
      return;
    }
    const outcome = await handle(fromAmqp(context.message));
    // The broker would deliver it again at once, so the consumer waits here. The message uses one credit meanwhile.
    if (outcome.kind === 'release') {
      await delay(outcome.afterMs, undefined, { signal }).catch(() => undefined);
    }
    settle(context, outcome);
  };

  // Only when all messages that were granted have arrived: RabbitMQ 3 miscounts a grant that crosses a message on its
  // way, and then sends more than it may.
  const grant = (): void => {
    if (!connection.isOpen || isStopping() || receiver.credit > 0) return;
    const free = credit - underWay.size;
    if (free > 0) receiver.addCredit(free);
  };

  const receiver = await connection.whileOpen(
    // Credit is granted for each settled message, so it limits the messages in progress.
    connection.session.createReceiver({
      source: { address },
      credit_window: 0,
      autoaccept: false,
      onMessage: (context) => {
        const working = work(context)
          .catch((error: unknown) => connection.lose(error))
          .finally(() => {
            underWay.delete(working);
            grant();
          });
        underWay.add(working);
        grant();
      },
      onError: (context) => connection.lose(context.receiver?.error),
    }),
  );
  countFromRemote(receiver);
  receiver.on(ReceiverEvents.receiverClose, (context) => connection.lose(context.receiver?.error));
  onAttached();
  grant();
  try {
    await connection.whileOpen(aborted(signal));
  } finally {
    // Also after the connection was lost: when its messages are redelivered, they must not be handled twice at the same
    // time.
    await Promise.all(underWay);
  }
  if (connection.isOpen) await connection.whileOpen(receiver.close()).catch(() => undefined);
}

/** Resolves when the link has credit. */
async function whenSendable(sender: AwaitableSender): Promise<void> {
  while (!sender.sendable()) {
    await new Promise<void>((resolve) => sender.once(SenderEvents.sendable, () => resolve()));
  }
}

/** Returns the error of a send as callers of this module know it. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof SendOperationFailedError) || !refusals.has(error.code)) return error;
  return new MessageRefusedError(
    `the broker refused the message: ${error.code}, ${describeAmqpError(error.innerError)}`,
  );
}

/** Resolves when the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
