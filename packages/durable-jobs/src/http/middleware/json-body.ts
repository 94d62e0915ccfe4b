import type { RequestHandler } from 'express';
import { Problem } from '../problem.ts';
import { bodyWithin } from './body-within.ts';
import { hasBody, readJson } from './read-json.ts';

/** Larger than any valid body, and small enough that parsing one does not delay other requests. */
const BODY_LIMIT = '256kb';

const parse: RequestHandler = readJson({ limit: BODY_LIMIT });

/** Parses JSON bodies, and refuses other bodies instead of leaving them unread. */
export const jsonBody = (withinMs: number): RequestHandler[] => [
  bodyWithin(withinMs, parse),
  (request, _response, next) => {
    if (hasBody(request) && !request.is('application/json')) {
      throw new Problem('unsupportedMediaType', 'Send a JSON body with `Content-Type: application/json`.');
    }
    next();
  },
];
