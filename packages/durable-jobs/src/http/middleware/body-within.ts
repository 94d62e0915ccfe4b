import type { RequestHandler } from 'express';
import { Problem } from '../problem.ts';

/**
 * Runs a body parser, and responds with 408 if the body has not arrived within `withinMs`. Otherwise, a client that sends one byte at a
 * time would occupy a connection.
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
          // The rest of the body would be read as the next request.
          headers: { Connection: 'close' },
        }),
      );
    }, withinMs);
    void parse(request, response, settle);
  };
}

/** Closes the connection of a request that was answered before its body arrived, if the rest does not arrive within `withinMs`. */
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
