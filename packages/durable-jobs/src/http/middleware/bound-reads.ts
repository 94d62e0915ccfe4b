import type { RequestHandler } from 'express';
import { withBounds } from '../../database/bounds.ts';
import { ClientLeftError } from '../client-left.ts';

/**
 * Gives the reads of all requests half of the connections to the database, so that those that wait for a slow table leave the rest to the
 * others, and ends the queries of a client that has left. What changes something continues without its client.
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
