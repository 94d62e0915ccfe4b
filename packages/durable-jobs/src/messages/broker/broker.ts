import type { MessageProperties } from '../tables.ts';

/** A message as its sender created it. */
export interface Message {
  /** Null if its sender gave it none. */
  id: string | null;
  /** May contain personal data: never logged. */
  body: Buffer;
  contentType: string | null;
  correlationId: string | null;
  /** Application properties, such as its trace context. */
  properties: MessageProperties;
  /** Set if it could not be decoded. In that case, `body` contains all of its bytes, and the rest is unknown. */
  isUnreadable?: true;
}

/** The outcome of a delivered message. */
export type Outcome =
  | { kind: 'accept' }
  /** It can never be handled: the broker moves it to the dead-letter queue. */
  | { kind: 'reject'; code: string; reason: string }
  /** It could not be handled now: it returns to the queue, and is redelivered after this time at the earliest. */
  | { kind: 'release'; afterMs: number };

/** How {@link Broker.consume} processes a queue. */
export interface ConsumeOptions {
  /** The maximum number of messages in progress. The broker delivers no more. */
  credit: number;
  /** Never rejects. */
  handle: (message: Message) => Promise<Outcome>;
  /** Called when the queue is attached and messages can arrive. */
  onAttached: () => void;
  /** Ends the consumer: it accepts no further message, settles those in progress, and detaches the queue. */
  signal: AbortSignal;
  /** Resolves after `ms`, or sooner if the queue may have new messages. For a broker that is polled. */
  wait: (ms: number) => Promise<void>;
}

/** Publishes to one queue. */
export interface Publisher {
  /**
   * Resolves when the broker has stored the message. Concurrent calls are sent in their order.
   * @throws {MessageRefusedError} if the broker refuses this message; it may accept others.
   * @throws if the broker is unavailable. Whether it has the message is unknown in that case.
   */
  publish: (message: Message) => Promise<void>;
  /** Whether it can still be used. */
  isOpen: () => boolean;
  close: () => Promise<void>;
}

/**
 * A message broker. A message is delivered until it is accepted or rejected, so it may arrive more than once, for example after a crash or
 * a lost connection. It may also be published twice, if the broker's response was lost.
 */
export interface Broker {
  /** For people: `AMQP 1.0 at host:port`. Contains no password. */
  description: string;
  /**
   * Opens a publisher of a queue.
   * @throws if the broker is unavailable, or has no such queue.
   */
  openPublisher: (queue: string) => Promise<Publisher>;
  /**
   * Processes a queue until the signal aborts.
   * @throws if the broker is unavailable or the connection breaks. Messages in progress have ended by then, and are redelivered.
   */
  consume: (queue: string, options: ConsumeOptions) => Promise<void>;
}

/** The broker refuses a message, for a reason that concerns only this message or its queue. */
export class MessageRefusedError extends Error {
  override readonly name = 'MessageRefusedError';
}
