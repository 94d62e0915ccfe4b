import type { RequestHandler } from 'express';
import { Problem } from '../problem.ts';
import { readJson } from './read-json.ts';

/** Larger than any valid order, small enough that parsing one never holds up the others. */
const BODY_LIMIT = '256kb';

const parse: RequestHandler = readJson({ limit: BODY_LIMIT });

/** Parses a body that is there within `withinMs`: who sends one a byte at a time would hold a connection for nothing. */
function parseWithin(withinMs: number): RequestHandler {
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
        new Problem('uploadStalled', `The body was not there within ${withinMs / 1_000} s.`, {
          // What may still come of it would be taken for the next request.
          headers: { Connection: 'close' },
        }),
      );
    }, withinMs);
    void parse(request, response, settle);
  };
}

/** Parses JSON bodies, and refuses bodies of another kind rather than leaving them unread. */
export const jsonBody = (withinMs: number): RequestHandler[] => [
  parseWithin(withinMs),
  (request, _response, next) => {
    const hasBody =
      request.headers['transfer-encoding'] !== undefined || Number(request.get('content-length')) > 0;
    if (hasBody && !request.is('application/json')) {
      throw new Problem('unsupportedMediaType', 'Send a JSON body with `Content-Type: application/json`.');
    }
    next();
  },
];
