import type { IncomingMessage } from 'node:http';

/** The route that a request matched, as it was declared, however the client spelled the path. */
export interface MatchedRoute {
  /** The declared method: HEAD requests match the route for GET. If no route of the path has the request's method, the request's method. */
  method: string;
  /** The declared path, such as `/api/jobs/:id`. */
  path: string;
}

const matched = new WeakMap<IncomingMessage, MatchedRoute>();

/** Records the route that a request has matched. */
export function noteRoute(request: IncomingMessage, route: MatchedRoute): void {
  matched.set(request, route);
}

/** Returns the route that a request has matched, if any. */
export function routeOf(request: IncomingMessage): MatchedRoute | undefined {
  return matched.get(request);
}
