import type { RequestHandler } from 'express';
import { Problem } from '../problem.ts';

/**
 * Runs a parser of bodies, and answers 408 if the body is not there within `withinMs`: who sends one a byte at a time would hold a
 * connection for nothing.
 */
export function bodyWithin(withinMs: number, parse: RequestHandler): RequestHandler {
  return (request, response, next) => {
    let over = false;
    const settle = (error?: unknown): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      next(error);
    };
    const timer = setTimeout(() => {
      settle(
        new Problem('uploadStalled', `The body did not arrive within ${withinMs / 1_000} s.`, {
          // What may still come of it would be taken for the next request.
          headers: { Connection: 'close' },
        }),
      );
    }, withinMs);
    void parse(request, response, settle);
  };
}

/**
 * Closes the connection of a request that was answered before its body was there, if the rest does not come within `withinMs`: nobody waits
 * for it any more.
 */
export function closeUnread(withinMs: number): RequestHandler {
  return (request, response, next) => {
    response.once('finish', () => {
      if (request.complete) return;
      setTimeout(() => {
        if (!request.complete) request.socket.destroy();
      }, withinMs).unref();
    });
    next();
  };
}
