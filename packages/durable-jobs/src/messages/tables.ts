import type { Generated, JSONColumnType } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** The data of a message besides its body, as the tables of messages store it. */
interface MessageColumns {
  queue: string;
  messageId: string | null;
  correlationId: string | null;
  contentType: string | null;
  properties: JSONColumnType<MessageProperties, string | undefined>;
  body: Buffer;
}

/** Application properties of a message. */
export type MessageProperties = Record<string, string | number | boolean>;

/** Kysely types of the tables of messages. The migrations create the tables. */
export interface MessageTables {
  outgoingMessages: MessageColumns & {
    id: Generated<number>;
    refusals: Generated<number>;
    lastError: string | null;
    createdAt: CreatedAt;
    nextAttemptAt: CreatedAt;
    publishedAt: Date | null;
  };
  queuedMessages: MessageColumns & {
    id: Generated<number>;
    status: Generated<'ready' | 'leased' | 'accepted' | 'dead'>;
    visibleAt: CreatedAt;
    lease: string | null;
    deadReason: string | null;
    queuedAt: CreatedAt;
    settledAt: Date | null;
  };
  messageFailures: {
    queue: string;
    messageKey: string;
    failures: Generated<number>;
    lastFailedAt: CreatedAt;
  };
  deadLetters: MessageColumns & {
    id: Generated<string>;
    digest: string;
    reasonCode: string;
    reason: string;
    times: Generated<number>;
    status: Generated<'open' | 'requeued' | 'discarded'>;
    firstSeenAt: CreatedAt;
    lastSeenAt: CreatedAt;
    resolvedAt: Date | null;
    discardReason: string | null;
  };
}
