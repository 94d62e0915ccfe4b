import type { Selectable } from 'kysely';
import type { LibraryDatabase } from '../../database/schema.ts';
import type { Message } from './broker.ts';

/** The columns in which the tables of messages keep one. */
type Stored = Pick<
  Selectable<LibraryDatabase['outgoingMessages']>,
  'messageId' | 'correlationId' | 'contentType' | 'properties' | 'body'
>;

/** A message as a row keeps it. A NUL, which PostgreSQL has no place for in text, becomes a replacement character. */
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

/** The message that a row keeps. */
export function messageOf(row: Stored): Message {
  return {
    id: row.messageId,
    correlationId: row.correlationId,
    contentType: row.contentType,
    properties: row.properties,
    body: row.body,
  };
}
