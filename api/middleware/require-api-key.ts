import type { RequestHandler } from 'express';
import { secretsEqual } from '../../platform/secrets.ts';
import { Problem } from '../problem.ts';

/** Lets requests pass that carry `Authorization: Bearer <the key>`. */
export function requireApiKey(apiKey: string): RequestHandler {
  return (request, _response, next) => {
    const [, given] = /^Bearer +(\S+) *$/i.exec(request.get('authorization') ?? '') ?? [];
    if (given === undefined || !secretsEqual(given, apiKey)) {
      throw new Problem('unauthorized', 'Send a valid key as `Authorization: Bearer <key>`.', {
        headers: { 'WWW-Authenticate': 'Bearer' },
      });
    }
    next();
  };
}
