import { z } from 'zod';

/** Path of a resource whose id is a UUID. */
export const idParams = z.object({ id: z.uuid({ error: 'must be a UUID' }) });

/** Any visible ASCII characters, as in the IETF draft on the Idempotency-Key header. */
export const idempotencyKeyHeader = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters');
