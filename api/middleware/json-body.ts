import express, { type RequestHandler } from 'express';
import { Problem } from '../problem.ts';

/** Larger than any valid order, small enough that parsing one never holds up the others. */
const BODY_LIMIT = '256kb';

/** Parses JSON bodies, and refuses bodies of another kind rather than leaving them unread. */
export const jsonBody: RequestHandler[] = [
  express.json({ limit: BODY_LIMIT, strict: false }),
  (request, _response, next) => {
    const hasBody =
      request.headers['transfer-encoding'] !== undefined || Number(request.get('content-length')) > 0;
    if (hasBody && !request.is('application/json')) {
      throw new Problem('unsupportedMediaType', 'Send a JSON body with `Content-Type: application/json`.');
    }
    next();
  },
];
