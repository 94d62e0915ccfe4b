import { ResponseError } from './read-json.ts';

/** Client errors of HTTP that a later request may not have: not found yet, timed out, in conflict, too early, too many. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([404, 408, 409, 425, 429]);

/** PostgreSQL's class of errors in the text of a query, such as a column that does not exist. */
const QUERY_FAULT = /^42[0-9A-Z]{3}$/;

/** Whether evidence cannot be collected however often it is tried: the harness or its query is wrong, and not a part that recovers. */
export function isPermanent(error: unknown): boolean {
  if (error instanceof ResponseError) {
    return error.status >= 400 && error.status < 500 && !TRANSIENT_STATUSES.has(error.status);
  }
  if (error instanceof ReferenceError || error instanceof RangeError) return true;
  // The TypeError of `fetch` has the network's error as its cause.
  if (error instanceof TypeError) return error.cause === undefined;
  return error instanceof Error && QUERY_FAULT.test(String((error as { code?: unknown }).code));
}
