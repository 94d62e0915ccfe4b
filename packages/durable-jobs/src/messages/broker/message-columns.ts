import type { Selectable } from 'kysely';
import type { LibraryDatabase } from '../../database/schema.ts';
import type { Message } from './broker.ts';

/** The columns of a message in the tables of messages. */
type Stored = Pick<
  Selectable<LibraryDatabase['outgoingMessages']>,
  'messageId' | 'correlationId' | 'contentType' | 'properties' | 'body'
>;

/** Returns a message as columns of a row. A NUL, which PostgreSQL cannot store in text, becomes a replacement character. */
export function messageColumns(message: Message) {
  const properties = Object.entries(message.properties).map(([name, value]) => [
    storable(name),
    typeof value === 'string' ? storable(value) : value,
  ]);
  return {
    messageId: message.id === null ? null : storable(message.id),
    correlationId: message.correlationId === null ? null : storable(message.correlationId),
    contentType: message.contentType === null ? null : storable(message.contentType),
    properties: JSON.stringify(Object.fromEntries(properties)),
    body: message.body,
  };
}

function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

/** Returns the message of a row. */
export function messageOf(row: Stored): Message {
  return {
    id: row.messageId,
    correlationId: row.correlationId,
    contentType: row.contentType,
    properties: row.properties,
    body: row.body,
  };
}
