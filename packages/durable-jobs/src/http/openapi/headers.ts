import { z } from 'zod';
import { idempotencyKeyHeader } from '../schemas.ts';

/** The header of requests that create something. */
export const idempotencyHeaders = z.object({
  'Idempotency-Key': idempotencyKeyHeader.optional().meta({
    description:
      'A key of your choice, such as a UUID. Sent again within 24 hours, the request is not done again: the first answer comes back with `Idempotency-Replayed: true`.',
  }),
});
