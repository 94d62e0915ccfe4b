import type { RequestHandler } from 'express';
import { hostsOf } from '../../config/loopback.ts';
import { Problem } from '../problem.ts';

/**
 * Refuses requests with more than one `Host`, and HTTP/1.1 requests without one (RFC 9112, 3.2): a proxy in front may have read a different
 * one than this service does.
 */
export const requireOneHost: RequestHandler = (request, _response, next) => {
  const count = hostsOf(request).length;
  if (count > 1 || (count === 0 && request.httpVersion !== '1.0')) {
    throw new Problem('validationFailed', 'The request must have one Host header.', {
      errors: [{ path: 'Host', message: count === 0 ? 'is missing' : 'must be sent exactly once' }],
    });
  }
  next();
};
