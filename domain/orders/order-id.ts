import { createHash } from 'node:crypto';
import { z } from 'zod';

const uuid = z.uuid();

/**
 * The order that a message id stands for: the id itself if it is a UUID, else one that is derived from it and is the same every time
 * (version 8 of RFC 9562, from SHA-256).
 */
export function orderIdOf(messageId: string): string {
  if (uuid.safeParse(messageId).success) return messageId.toLowerCase();
  const hash = createHash('sha256').update(`durable-jobs:orders-queue:${messageId}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
