import type { RequestHandler } from 'express';
import { isForLoopback, isForwardedFromElsewhere, isLoopback } from '../../config/loopback.ts';
import { Problem } from '../problem.ts';

/**
 * Refuses requests for a host name other than those of this machine, or at another of its addresses. It protects the local key, which is
 * public: without it, a page of any site whose name resolves to 127.0.0.1 could use the key, and a surrounding application may listen on
 * every address. A tunnel to this machine may write any name into `Host`, but says where a request comes from.
 */
export const requireLoopbackHost: RequestHandler = (request, _response, next) => {
  const { localAddress = '' } = request.socket;
  if (!isForLoopback(request) || !isLoopback(localAddress.replace(/^::ffff:/, ''))) {
    throw new Problem(
      'misdirectedRequest',
      'Host must be localhost, an address of 127.0.0.0/8 or [::1], because the local key is valid here.',
    );
  }
  if (isForwardedFromElsewhere(request)) {
    throw new Problem(
      'misdirectedRequest',
      'A proxy forwarded this request from another machine, and the local key is only valid on this one: set API_KEY.',
    );
  }
  next();
};
