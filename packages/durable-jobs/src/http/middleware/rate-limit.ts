import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { Problem } from '../problem.ts';

/** Limits each client of a public route to `perMinute` requests. Responses have the standard `RateLimit` headers. */
export function limitPublic(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, response) => {
      const retryAfter = response.getHeader('Retry-After');
      throw new Problem(
        'tooManyRequests',
        `At most ${perMinute} requests per minute are accepted from one address.`,
        {
          headers: { 'Retry-After': typeof retryAfter === 'string' ? retryAfter : '60' },
        },
      );
    },
  });
}
