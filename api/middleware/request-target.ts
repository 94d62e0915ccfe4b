import type { RequestHandler } from 'express';
import { Problem } from '../problem.ts';

/**
 * Refuses request targets that are not a plain path: whole URLs, and paths with a fragment. The router would find its way by
 * what it makes of them, while the roles and the audit trail go by the target as it came.
 */
export const requirePlainTarget: RequestHandler = (request, _response, next) => {
  if (!request.originalUrl.startsWith('/') || request.originalUrl.includes('#')) {
    throw new Problem('validationFailed', 'The request target must be a path, with a query or without.');
  }
  next();
};
