import type { RequestHandler } from 'express';
import { withBounds } from '../../database/bounds.ts';
import { ClientLeftError } from '../client-left.ts';

/**
 * Limits all reads of requests to half of the database connections, so that reads of a slow table leave the rest to others, and cancels the
 * queries of a client that has disconnected. Requests that change something continue without their client.
 */
export const boundReads: RequestHandler = (request, response, next) => {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    next();
    return;
  }
  const left = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) left.abort(new ClientLeftError());
  });
  withBounds(left.signal, next);
};
