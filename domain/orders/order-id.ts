import { createHash } from 'node:crypto';
import { z } from 'zod';

const uuid = z.uuid();

/**
 * Returns the order id for a message id: the message id itself if it is a UUID, otherwise an id that is always derived from it in the same
 * way (version 8 of RFC 9562, from SHA-256).
 */
export function orderIdOf(messageId: string): string {
  if (uuid.safeParse(messageId).success) return messageId.toLowerCase();
  const hash = createHash('sha256').update(`durable-jobs:orders-queue:${messageId}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
