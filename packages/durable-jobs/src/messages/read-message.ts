import type { z } from 'zod';
import { decodedLineFault } from '../values/text.ts';
import type { Message } from './broker/broker.ts';
import type { ReceivedMessage } from './define-consumer.ts';
import { saysUtf8 } from '../values/charset.ts';
import { JsonError, parseJson } from '../values/parse-json.ts';

/** The same limit as for requests of the API. */
const MAX_BYTES = 256 * 1024;
const MAX_ID_LENGTH = 255;

/** A message that can never be handled. The message of the error says why, and contains nothing of the body. */
export class InvalidMessageError extends Error {
  override readonly name = 'InvalidMessageError';
  /** The reason, in snake_case; programs may rely on it. */
  readonly code: string;

  constructor(code: string, reason: string) {
    super(reason);
    this.code = code;
  }
}

/**
 * Parses a message.
 * @throws {InvalidMessageError} if its body does not match the schema.
 */
export function readMessage<Body>(message: Message, schema: z.ZodType<Body>): ReceivedMessage<Body> {
  if (message.isUnreadable) {
    throw new InvalidMessageError('unreadable_message', 'It cannot be decoded as a message of AMQP 1.0.');
  }
  if (message.id === null) {
    throw new InvalidMessageError(
      'missing_message_id',
      'It has no message-id, by which copies of it are recognized.',
    );
  }
  const fault =
    message.id.length > MAX_ID_LENGTH
      ? `must have at most ${MAX_ID_LENGTH} characters`
      : decodedLineFault(message.id);
  if (fault !== undefined) throw new InvalidMessageError('invalid_message_id', `Its message-id ${fault}.`);
  const contentType = message.contentType ?? '';
  if (!/^application\/json\s*(;|$)/i.test(contentType) || !saysUtf8(contentType)) {
    throw new InvalidMessageError(
      'unsupported_content_type',
      'Its content-type is not application/json in UTF-8.',
    );
  }
  if (message.body.length > MAX_BYTES) {
    throw new InvalidMessageError(
      'body_too_large',
      `Its body has ${message.body.length} bytes; the limit is ${MAX_BYTES}.`,
    );
  }
  const parsed = schema.safeParse(read(message.body));
  if (!parsed.success) throw new InvalidMessageError('validation_failed', describe(parsed.error));
  const { id, correlationId, properties } = message;
  return { id, correlationId, properties, body: parsed.data };
}

function read(body: Buffer): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const code =
      error.reason === 'syntax' || error.reason === 'encoding' ? 'invalid_json' : 'validation_failed';
    throw new InvalidMessageError(code, `Its body ${error.message}.`);
  }
}

/** Returns the faults with their places, without values. Names of unknown fields are not included either. */
function describe(error: z.ZodError): string {
  const issues = error.issues.map((issue) => {
    const path = issue.path.map(String).join('.') || 'body';
    return issue.code === 'unrecognized_keys' ? `${path}: has unknown fields` : `${path}: ${issue.message}`;
  });
  return issues.slice(0, 20).join('; ');
}
