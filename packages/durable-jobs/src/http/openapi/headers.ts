import { z } from 'zod';
import { idempotencyKeyHeader } from '../schemas.ts';

/** The header of requests for a stream of events. */
export const lastEventIdHeaders = z.object({
  'Last-Event-ID': z.string().optional().meta({ description: 'The id of the last event received.' }),
});

/** The header of requests that create something. */
export const idempotencyHeaders = z.object({
  'Idempotency-Key': idempotencyKeyHeader.optional().meta({
    description:
      'A key that you choose, such as a UUID. If you repeat the request within 24 hours, it is not executed again: the first response is returned with `Idempotency-Replayed: true`.',
  }),
});
