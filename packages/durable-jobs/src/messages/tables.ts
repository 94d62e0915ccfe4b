import type { Generated, JSONColumnType } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** What goes with a message besides its body, as the tables of messages keep it. */
interface MessageColumns {
  queue: string;
  message_id: string | null;
  correlation_id: string | null;
  content_type: string | null;
  properties: JSONColumnType<MessageProperties, string | undefined>;
  body: Buffer;
}

/** Application properties of a message. */
export type MessageProperties = Record<string, string | number | boolean>;

/** The tables of messages, as Kysely sees them; the migrations are what makes them. */
export interface MessageTables {
  outgoing_messages: MessageColumns & {
    id: Generated<number>;
    refusals: Generated<number>;
    last_error: string | null;
    created_at: CreatedAt;
    next_attempt_at: CreatedAt;
    published_at: Date | null;
  };
  queued_messages: MessageColumns & {
    id: Generated<number>;
    status: Generated<'ready' | 'leased' | 'accepted' | 'dead'>;
    visible_at: CreatedAt;
    lease: string | null;
    dead_reason: string | null;
    queued_at: CreatedAt;
    settled_at: Date | null;
  };
  message_failures: {
    queue: string;
    message_key: string;
    failures: Generated<number>;
    last_failed_at: CreatedAt;
  };
  dead_letters: MessageColumns & {
    id: Generated<string>;
    digest: string;
    reason_code: string;
    reason: string;
    times: Generated<number>;
    status: Generated<'open' | 'requeued' | 'discarded'>;
    first_seen_at: CreatedAt;
    last_seen_at: CreatedAt;
    resolved_at: Date | null;
    discard_reason: string | null;
  };
}
