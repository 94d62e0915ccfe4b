import type { z } from 'zod';
import type { Trx } from '../database/connect.ts';
import type { ServiceDefinition } from '../hosted-services/define-service.ts';
import type { OutboxEntry } from '../jobs/outbox/enqueue.ts';
import { checkOptions, nameOfDeclaration, optionOf } from '../values/check-options.ts';
import type { Message } from './broker/broker.ts';

/** The PostgreSQL channel that wakes consumers if the queues are in PostgreSQL: the `channel` of every consumer. */
export const messageChannel = 'queued_messages';

/** A message whose body matches its consumer's schema. */
export interface ReceivedMessage<Body> extends Pick<Message, 'correlationId' | 'properties'> {
  /** An id that is the same for every copy of the message: use it as the key of effects. */
  id: string;
  body: Body;
}

/** A hosted service that handles the messages of one queue. Messages are JSON. */
export interface MessageConsumerDefinition<Body extends object = object> extends Pick<
  ServiceDefinition,
  'id' | 'description'
> {
  /** The queue; a broker may know it under an address of its own. */
  queue: string;
  body: z.ZodType<Body>;
  /** Comes with the fields of a declared service; every consumer has the channel {@link messageChannel}. */
  channel?: string;
  /** How many messages each worker handles at once; 10 by default. Each may hold a connection to the database. */
  credit?: number;
  /**
   * Whether every worker consumes at the same time, which is the default. With `false`, one worker at a time does: messages that must be
   * handled in order need that and a `credit` of 1.
   */
  onEveryWorker?: boolean;
  /**
   * Handles a message in one transaction, and returns the starts of jobs that it committed, which are made immediately. The message is
   * accepted after the commit, so it may be delivered again: effects of its id must not be repeated. If this throws, the transaction is
   * rolled back and the message is redelivered after a back-off.
   * @throws {InvalidMessageError} if the message can never be handled: it becomes a dead letter at once.
   */
  handle(trx: Trx, message: ReceivedMessage<Body>): Promise<readonly OutboxEntry[]>;
}

/** Returns the hosted service of a consumer, without its code. */
export function serviceOf({
  id,
  description,
  onEveryWorker = true,
}: Pick<MessageConsumerDefinition, 'id' | 'description' | 'onEveryWorker'>): ServiceDefinition {
  return { id, description, channel: messageChannel, onEveryWorker };
}

/** Defines a message consumer. @throws {TypeError} that names each option that is unknown, missing or not valid. */
export function defineMessageConsumer<Body extends object>(
  definition: MessageConsumerDefinition<Body>,
): MessageConsumerDefinition<Body> {
  checkOptions(nameOfDeclaration('defineMessageConsumer', definition, 'id'), definition, {
    id: optionOf.name,
    description: optionOf.text,
    queue: optionOf.name,
    channel: optionOf.name.optional(),
    body: optionOf.schema,
    credit: optionOf.count.optional(),
    onEveryWorker: optionOf.flag.optional(),
    handle: optionOf.function,
  });
  return definition;
}
