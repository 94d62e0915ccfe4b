import type { MessageProperties } from '../tables.ts';

/** A message, as its sender made it. */
export interface Message {
  /** Null if its sender gave it none. */
  id: string | null;
  /** May hold personal data: never logged. */
  body: Buffer;
  contentType: string | null;
  correlationId: string | null;
  /** What else travels with it, such as its trace context. */
  properties: MessageProperties;
  /** Where it could not be decoded: `body` has all of its bytes then, and the rest is unknown. */
  isUnreadable?: true;
}

/** What becomes of a message that was handed out. */
export type Outcome =
  | { kind: 'accept' }
  /** It can never be handled: the broker moves it to the dead-letter queue. */
  | { kind: 'reject'; code: string; reason: string }
  /** It could not be handled now: it goes back to the queue, and comes again no sooner than this. */
  | { kind: 'release'; afterMs: number };

/** How {@link Broker.consume} processes a queue. */
export interface ConsumeOptions {
  /** How many messages may be in progress at once. The broker hands out no more. */
  credit: number;
  /** Never rejects. */
  handle: (message: Message) => Promise<Outcome>;
  /** Called when the queue is attached, and messages may come. */
  onAttached: () => void;
  /** Ends it: no further message is taken, those in progress are settled, the queue is detached. */
  signal: AbortSignal;
  /** Resolves after `ms`, sooner if the queue may have news, for a broker that has to be asked. */
  wait: (ms: number) => Promise<void>;
}

/** Takes messages for one queue. */
export interface Publisher {
  /**
   * Resolves once the broker has the message permanently. Calls that overlap are sent in their order.
   * @throws {MessageRefusedError} if the broker does not take this message; others may be taken.
   * @throws if the broker is unavailable; whether it has the message is not known then.
   */
  publish: (message: Message) => Promise<void>;
  /** Whether it can still be used. */
  isOpen: () => boolean;
  close: () => Promise<void>;
}

/**
 * A message broker. A message is handed out until it is accepted or rejected, so it may come more than once, after a crash or a lost
 * connection for instance; and it may be published twice, if the broker's answer was lost.
 */
export interface Broker {
  /** For people: `AMQP 1.0 at host:port`. Holds no password. */
  description: string;
  /** @throws if the broker is unavailable, or has no such queue. */
  openPublisher: (queue: string) => Promise<Publisher>;
  /**
   * Works off a queue until the signal aborts.
   * @throws if the broker is unavailable or the connection breaks; messages in progress have ended then, and come again.
   */
  consume: (queue: string, options: ConsumeOptions) => Promise<void>;
}

/** The broker does not take a message, for a reason of that message's or of its queue's. */
export class MessageRefusedError extends Error {
  override readonly name = 'MessageRefusedError';
}
