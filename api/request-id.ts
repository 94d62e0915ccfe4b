import type { Request } from 'express';

/** The id of a request, as its log lines and its answer have it; the request logger sets it, see app.ts. */
export function requestId(request: Request): string {
  return typeof request.id === 'string' ? request.id : '';
}
