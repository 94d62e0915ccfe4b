import type { Selectable } from 'kysely';
import type { Database } from '../database/schema.ts';
import type { Message } from './broker.ts';

/** The columns in which the tables of messages keep one. */
type Stored = Pick<
  Selectable<Database['outgoing_messages']>,
  'message_id' | 'correlation_id' | 'content_type' | 'properties' | 'body'
>;

/** A message as a row keeps it. */
export function messageColumns(message: Message) {
  return {
    message_id: message.id,
    correlation_id: message.correlationId,
    content_type: message.contentType,
    properties: JSON.stringify(message.properties),
    body: message.body,
  };
}

/** The message that a row keeps. */
export function messageOf(row: Stored): Message {
  return {
    id: row.message_id,
    correlationId: row.correlation_id,
    contentType: row.content_type,
    properties: row.properties,
    body: row.body,
  };
}
