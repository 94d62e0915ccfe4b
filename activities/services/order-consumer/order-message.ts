import { createHash } from 'node:crypto';
import { z } from 'zod';
import { decodedLineFault } from '../../../packages/durable-jobs/src/values/text.ts';
import type { Message } from '../../../packages/durable-jobs/src/messages/broker/broker.ts';
import { saysUtf8 } from '../../../packages/durable-jobs/src/values/charset.ts';
import { JsonError, parseJson } from '../../../packages/durable-jobs/src/values/parse-json.ts';
import { orderBody, toNewOrder } from '../../../domain/orders/order-body.ts';
import type { NewOrder } from '../../../domain/orders/orders.ts';

/** As for a request of the API. */
const MAX_BYTES = 256 * 1024;
const MAX_ID_LENGTH = 255;

/** What a message asks for. */
export interface OrderMessage {
  messageId: string;
  orderId: string;
  order: NewOrder;
}

/** A message that can never be handled. Its text says why without a word of the body. */
export class InvalidMessageError extends Error {
  override readonly name = 'InvalidMessageError';
  readonly code: InvalidMessageCode;
  constructor(code: InvalidMessageCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** Why a message can never be handled; programs may rely on these. */
export type InvalidMessageCode =
  | 'unreadable_message'
  | 'missing_message_id'
  | 'invalid_message_id'
  | 'unsupported_content_type'
  | 'body_too_large'
  | 'invalid_json'
  | 'validation_failed'
  | 'unknown_user'
  | 'message_id_reused';

/** Reads a message. @throws {InvalidMessageError} where it is not one with an order. */
export function readOrderMessage(message: Message): OrderMessage {
  if (message.isUnreadable) {
    throw new InvalidMessageError('unreadable_message', 'It cannot be decoded as a message of AMQP 1.0.');
  }
  if (message.id === null) {
    throw new InvalidMessageError(
      'missing_message_id',
      'It has no message-id, which is what makes it one order.',
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
      `Its body has ${message.body.length} bytes, and may have ${MAX_BYTES}.`,
    );
  }
  const parsed = orderBody.safeParse(read(message.body));
  if (!parsed.success) throw new InvalidMessageError('validation_failed', describe(parsed.error));
  return {
    messageId: message.id,
    orderId: orderIdOf(message.id),
    order: toNewOrder(parsed.data),
  };
}

const uuid = z.uuid();

/**
 * The order that a message id stands for: the id itself where it is a UUID, else one that is derived from it and is the
 * same every time (version 8 of RFC 9562, from SHA-256).
 */
export function orderIdOf(messageId: string): string {
  if (uuid.safeParse(messageId).success) return messageId.toLowerCase();
  const hash = createHash('sha256').update(`durable-jobs:orders-queue:${messageId}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
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

/** What is wrong where, without the values; a name of a field that is not known is not told either. */
function describe(error: z.ZodError): string {
  const issues = error.issues.map((issue) => {
    const path = issue.path.map(String).join('.') || 'body';
    return issue.code === 'unrecognized_keys' ? `${path}: has unknown fields` : `${path}: ${issue.message}`;
  });
  return issues.slice(0, 20).join('; ');
}
