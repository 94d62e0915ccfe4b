import type { Response } from 'express';

const named = new WeakMap<Response, Record<string, string>>();

/** Names what a request creates or acts on in its audit entry, such as `bulkJobId`, so that the trail can be searched for it. */
export function nameInAudit(response: Response, params: Record<string, string>): void {
  named.set(response, { ...named.get(response), ...params });
}

/** What {@link nameInAudit} noted for a request; undefined if there is nothing. */
export function namedInAudit(response: Response): Record<string, string> | undefined {
  return named.get(response);
}
