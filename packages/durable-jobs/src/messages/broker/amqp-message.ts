import { message as sections, type Message as AmqpMessage } from 'rhea-promise';
import type { MessageProperties } from '../tables.ts';
import type { Message } from './broker.ts';
import { undecodedBytes } from './decode.ts';

/**
 * Returns a message in the form in which it is sent: durable, with its body as a data section, so that no client reads it as an AMQP type.
 */
export function toAmqp(message: Message): AmqpMessage {
  return {
    ...(message.id !== null && { message_id: message.id }),
    ...(message.correlationId !== null && { correlation_id: message.correlationId }),
    ...(message.contentType !== null && { content_type: message.contentType }),
    durable: true,
    application_properties: message.properties,
    body: sections.data_section(message.body) as unknown,
  };
}

/** Returns a received message, whichever client sent it. */
export function fromAmqp(message: AmqpMessage): Message {
  const bytes = undecodedBytes(message);
  if (bytes) {
    return {
      id: null,
      correlationId: null,
      contentType: null,
      properties: {},
      body: bytes,
      isUnreadable: true,
    };
  }
  return {
    id: idToText(message.message_id),
    correlationId: idToText(message.correlation_id),
    contentType: message.content_type ?? null,
    properties: simpleProperties(message.application_properties),
    body: bodyBytes(message.body),
  };
}

/** An id is a string, a number, a UUID or bytes. rhea returns the last two as bytes. */
function idToText(id: string | number | Buffer | undefined): string | null {
  if (id === undefined || id === '') return null;
  if (!Buffer.isBuffer(id)) return String(id);
  const hex = id.toString('hex');
  if (id.length !== 16) return hex;
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function simpleProperties(properties: Record<string, unknown> | undefined): MessageProperties {
  const entries = Object.entries(properties ?? {}).map(
    ([name, value]): [string, string | number | boolean] => [
      name,
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? value
        : String(value),
    ],
  );
  return Object.fromEntries(entries);
}

/**
 * Data sections are kept as they are, text becomes UTF-8. If text was not UTF-8, rhea has inserted replacement characters. Any other value
 * is formatted as JSON, so that a dead letter shows it.
 */
function bodyBytes(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  if (body === undefined || body === null) return Buffer.alloc(0);
  const { content } = body as { content?: unknown };
  if (Buffer.isBuffer(content)) return content;
  if (Array.isArray(content) && content.every((part) => Buffer.isBuffer(part))) return Buffer.concat(content);
  return Buffer.from(JSON.stringify(body), 'utf8');
}
