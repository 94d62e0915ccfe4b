import type { IncomingMessage } from 'node:http';

/** The route that took a request, as it was declared: the same text however a client spells it. */
export interface MatchedRoute {
  /** HEAD is answered by the route for GET. Where the path does not take the request's method, that of the request. */
  method: string;
  /** Such as `/api/jobs/:id`. */
  path: string;
}

const matched = new WeakMap<IncomingMessage, MatchedRoute>();

/** Records the route that a request has been matched to. */
export function noteRoute(request: IncomingMessage, route: MatchedRoute): void {
  matched.set(request, route);
}

/** The route that took a request, or undefined if none did. */
export function routeOf(request: IncomingMessage): MatchedRoute | undefined {
  return matched.get(request);
}
